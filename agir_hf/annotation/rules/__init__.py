"""Parts of the rule-based writer: signs of a walk, words, clauses, sentences, and their check."""
