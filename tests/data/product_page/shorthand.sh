curl -X POST https://api.agentcollect.com/v1/campaigns \
-H "Authorization: Bearer sk_live_..." \
-d '{"company":"Acme Corp","invoice_amount":15000}'
