"""Cards and instruments: what a learner touches, by mouse or by keyboard."""
