"""Write rationales: prompts, a rule-based writer, and a writer that asks a language model."""
