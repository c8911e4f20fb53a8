# Exchange your API key for a Bearer token
curl -X POST https://api.agentcollect.com/v1/auth \
  -H "Content-Type: application/json" \
  -d '{"api_key": "your_key_here"}'
