"""The motion-rationale corpus: reading of cohorts, building, review, splits and loading."""
