"""What a cluster may have beside Kubernetes and the operator works with: autoscalers, a Gateway, Prometheus."""
