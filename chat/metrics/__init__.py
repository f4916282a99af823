"""What the site tells a Prometheus server: every metric, and the workers behind one port told apart."""
