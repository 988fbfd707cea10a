"""Networks of other papers as encoders of clips of joints, the baselines a language model meets."""
