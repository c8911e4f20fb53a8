"""Timeline and audit only: types that no webhook carries."""

from events.catalogue.shape import amount, define

define("contact.waited", "", "Waiting: {reason}", "wait", public=False)
define("contact.denied", "", "Not contacted: {reason}", "wait", public=False)
define(
    "message.unconfirmed",
    "",
    "Email in doubt: it may have left; it is not repeated",
    "wait",
    public=False,
    channel="email",
)
define("message.approved", "", "Approved: {subject}", "audit", public=False, channel="email")
define("message.rejected", "", "Not approved: {reason}", "audit", public=False, channel="email")
define("message.edited", "", "Draft edited: {subject}", "audit", public=False, channel="email")
define("playbook.saved", "", "Playbook {name} saved, version {version}", "audit", public=False)
define("switch.set", "", "Stopped by operations: {reason}", "audit", public=False)
define("switch.lifted", "", "Operations lifted the stop: {reason}", "audit", public=False)
define("reply.understood", "", "Read as {label}: {outcome}", "reply", public=False, channel="email")
define("reply_path.changed", "", "Way of answers changed: {kind}", "audit", public=False)
define("debtor.updated", "", "Debtor corrected: {fields}", "audit", public=False)
define("contact.added", "", "Contact added: {name}", "contact", public=False)
define("contact.changed", "", "Contact corrected: {fields}", "contact", public=False)
define("contact.consented", "", "{name} agreed to be reached by {channel}", "contact", public=False)
define("contact.consent_revoked", "", "{name} took back their consent to {channel}", "contact", public=False)
define("debtor.inconvenient", "", "Does not suit them: {words}", "contact", public=False)
define("contact.check_requested", "", "Address is being checked", "contact", public=False)
define("contact.checked", "", "Address checked: {status}, {detail}", "contact", public=False)
define("exclusion.created", "", "Excluded: {match} {value} ({effect})", "audit", public=False)
define("exclusion.removed", "", "No longer excluded: {match} {value} ({effect})", "audit", public=False)
define("document.changed", "", "Document changed: {fields}", "document", public=False)
define("link.requested", "", "The link to the payment page was asked for by {email}", "contact", public=False)
define("domain.added", "", "Payment page address added: {host}", "audit", public=False)
define("domain.removed", "", "Payment page address removed: {host}", "audit", public=False)
define("bank_statement.imported", "", "Bank statement {name}: {lines_new} new lines", "audit", public=False)
define("bank_statement.removed", "", "Bank statement {name} taken back", "audit", public=False)
define(
    "bank_line.booked",
    "",
    lambda d: f"Bank transfer of {amount(d, 'amount')} from {d.get('payer') or 'somebody'} booked",
    "audit",
    public=False,
)
define(
    "bank_line.undone",
    "",
    lambda d: f"Bank transfer of {amount(d, 'amount')} from {d.get('payer') or 'somebody'} was matched by mistake",
    "audit",
    public=False,
)
define("bank_line.ignored", "", "Bank transfer from {payer} set aside: not for an invoice here", "audit", public=False)
define("bank_line.restored", "", "Bank transfer from {payer} taken up again", "audit", public=False)
define("remit_to.proposed", "", "Account for debtors' money proposed, ending in {last_four}", "audit", public=False)
define("remit_to.approved", "", "Account for debtors' money approved, ending in {last_four}", "audit", public=False)
define("remit_to.active", "", "Debtors' money goes to the account ending in {last_four}", "audit", public=False)
define("remit_to.cancelled", "", "Change of the account for debtors' money cancelled", "audit", public=False)
define("export.created", "", "Export of {kind} asked for", "audit", public=False)
define("referral.proposed", "", "Ready for an attorney; waiting for your decision", "case", public=False)
define("referral.authorised", "", "You authorised an attorney for this case", "case", public=False)
define("referral.accepted", "", "{name} has accepted the case", "case", public=False, channel="attorney")
define("organisation.created", "", "Organisation {name} created", "audit", public=False)
define("organisation.live_approved", "", "Approved for live mode", "audit", public=False)
define("organisation.attested", "", "Attested: {statement}", "audit", public=False)
define("organisation.mandate_signed", "", "Mandate signed by {signed_by}", "audit", public=False)
define("organisation.collector_set", "", "Contacts are made by {collector}", "audit", public=False)
define("organisation.terms_accepted", "", "Terms accepted: {url}", "audit", public=False)
define("organisation.updated", "", "Organisation changed: {fields}", "audit", public=False)
define("organisation.live_requested", "", "Live access requested", "audit", public=False)
define("test_data.reset_started", "", "All test data is being deleted ({debtors} debtors)", "audit", public=False)
define("test_data.reset", "", "All test data was deleted ({debtors} debtors)", "audit", public=False)
define("member.added", "", lambda d: f"{d.get('email', 'Member')} added as {d.get('role')}", "audit", public=False)
define("member.invited", "", "{email} invited as {role}", "audit", public=False)
define("member.invitation_revoked", "", "Invitation of {email} withdrawn", "audit", public=False)
define("member.role_changed", "", "{email}: {before} is now {role}", "audit", public=False)
define("member.second_factors_removed", "", "Second factors of {email} removed by operations", "audit", public=False)
define("member.removed", "", "{email} removed", "audit", public=False)
define("member.password_set", "", "A member's password was set", "audit", public=False)
define(
    "member.notifications_changed",
    "",
    lambda d: "Own notifications changed: " + ", ".join(f"{type} {how}" for type, how in d.get("changed", {}).items()),
    "audit",
    public=False,
)
define("key.created", "", "API key {prefix}… created", "audit", public=False)
define("key.revoked", "", "API key {prefix}… revoked", "audit", public=False)
define(
    "key.rolled",
    "",
    "API key {prefix}… replaces an older one, which works until {replaced_until}",
    "audit",
    public=False,
)
define("key.renamed", "", "API key {prefix}… is now called {name}", "audit", public=False)
define("key.restricted", "", "API key {prefix}…: addresses it may be used from changed", "audit", public=False)
define("key.leaked", "", "API key {prefix}… was found in public and revoked", "audit", public=False)
define("token.revoked", "", "Access token …{last_four} revoked", "audit", public=False)
define("organisation.rate_limit_set", "", "Rate limit set to {requests_per_minute} a minute", "audit", public=False)
define("organisation.fees_agreed", "", "Fees agreed, from {effective_at} on", "audit", public=False)
define("endpoint.created", "", "Webhook endpoint registered", "audit", public=False)
define("endpoint.updated", "", "Webhook endpoint changed", "audit", public=False)
define("endpoint.deleted", "", "Webhook endpoint deleted", "audit", public=False)
define("endpoint.verified", "", "Webhook endpoint answered its challenge", "audit", public=False)
define("endpoint.secret_rotated", "", "Webhook secret rotated", "audit", public=False)
define(
    "organisation.webhook_verification_set",
    "",
    lambda d: f"New webhook addresses {'must answer a challenge' if d.get('on') else 'need not prove themselves'}",
    "audit",
    public=False,
)
define("delivery.replayed", "", "Webhook {event_id} replayed", "audit", public=False)
define("replay.started", "", "Replay of {matched} webhook deliveries started", "audit", public=False)
define("replay.finished", "", "Webhook replay finished: {replayed} of {matched} sent again", "audit", public=False)
define("replay.cancelled", "", "Webhook replay cancelled: {replayed} of {matched} sent again", "audit", public=False)
