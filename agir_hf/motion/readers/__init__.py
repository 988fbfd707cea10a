"""One reader for each file format; `agir_hf.motion.read_recording` chooses among them."""
