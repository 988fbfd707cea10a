"""The Gradio Space: assess, compare, generate and review in the browser."""
