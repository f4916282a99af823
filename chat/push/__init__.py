"""Web Push (RFC 8030): what a push says, its encryption and signature, and the request to the push service."""
