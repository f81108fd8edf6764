"""From a call to a decision: principal, resource, context keys, layers."""
