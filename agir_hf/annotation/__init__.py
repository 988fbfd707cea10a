"""Write rationales: prompts, a rule-based writer, and a writer that uses a language model."""
