#!/bin/sh
exec curl -fsS -o /dev/null --max-time 4 "http://127.0.0.1:${PROSODY_HTTP_PORT:-5280}/health"
