"""Cold Open: a word-level LSTM that writes TV scripts, ready to be served from AWS Lambda."""
