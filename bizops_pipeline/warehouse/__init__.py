"""The place where tables live: the engine protocol, one module per engine, and transactional writing."""
