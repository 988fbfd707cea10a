"""Networks of other papers that encode clips of joint positions, as baselines."""
