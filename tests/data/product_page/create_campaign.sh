curl -X POST https://api.agentcollect.com/v1/campaigns \
  -H "Authorization: Bearer YOUR_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "company": "Your Company Inc.",
    "debtors": [{
      "company_name": "Acme Corp",
      "contact_email": "ap@acmecorp.com",
      "invoice_amount": 15000,
      "invoice_date": "2025-10-01",
      "invoice_number": "INV-2025-0847"
    }]
  }'
