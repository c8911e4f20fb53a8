curl -X POST https://api.agentcollect.com/v1/webhooks \
  -H "Authorization: Bearer YOUR_TOKEN" \
  -d '{
    "url": "https://yourapp.com/webhooks/ac",
    "events": [
      "payment.received",
      "case.escalated",
      "campaign.completed"
    ]
  }'
