"""Apache Kafka itself, in KRaft mode: brokers with TLS, users and rights. The mock cluster has none of these."""
