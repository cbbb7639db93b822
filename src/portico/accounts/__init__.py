"""People who can sign in: their passwords, second factors, sessions, hats and grants, and the gate before every route."""
