"""Our own words as data, one folder a language, one file a question; read once by listeners.rules.phrases."""
