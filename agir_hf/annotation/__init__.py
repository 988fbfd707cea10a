"""Rationales and descriptions: prompts, rule writer, language-model writer, answer cache."""
