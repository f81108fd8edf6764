"""One decision: the request as a sentence, the ladder of the flow chart, the two doors."""
