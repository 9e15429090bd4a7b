"""Apache Kafka itself, in KRaft mode: brokers with TLS, users and rights, which the mock cluster has not."""
