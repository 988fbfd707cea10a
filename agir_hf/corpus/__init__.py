"""The motion-rationale corpus: cohorts, schema, splits, builder, store, loading and card."""
