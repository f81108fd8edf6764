"""One decision: the access graph, the request as a sentence, the flow chart, the two doors."""
