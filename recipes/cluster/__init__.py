"""Recipes for many recordings on many machines."""
