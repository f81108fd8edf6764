"""From a call to a decision: principal, resource, network path, context keys, layers."""
