"""The motion-rationale corpus: reading cohorts, building, review, splits and loading."""
