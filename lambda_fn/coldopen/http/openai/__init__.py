"""What programs that speak OpenAI's API are answered. Imported when one asks.

Source: OpenAI, "API Reference", Completions (legacy), Models and Errors.
"""
