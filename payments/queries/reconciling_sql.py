"""The one statement that compares both books payment by payment, on either database.

touched: the payments of which either book says anything in the period. moved: all that both ever said of them. sums:
per payment and currency, in all and inside the period. named: why it differs. ranked: the first of each reason, with
how many and how much there is in all.
"""

DIFFERENCES = """
WITH touched AS (
  SELECT a.payment_id AS id FROM payments_allocation a JOIN payments_payment p ON p.id = a.payment_id
   WHERE a.organisation_id = %(whose)s AND a.livemode = %(live)s
     AND a.created_at >= %(start)s AND a.created_at < %(end)s AND p.provider = %(provider)s AND p.source = 'page'
  UNION
  SELECT e.payment_id FROM payments_processorentry e
   WHERE e.organisation_id = %(whose)s AND e.livemode = %(live)s AND e.provider = %(provider)s AND e.payment_id <> ''
     AND e.booked_at >= %(start)s AND e.booked_at < %(end)s AND e.kind NOT IN ('fee', 'payout')
), moved AS (
  SELECT a.payment_id, a.currency, 0 AS line,
         CASE WHEN a.cause = '' THEN 'came' WHEN a.cause LIKE 'rfd!_%%' ESCAPE '!' THEN 'refunded'
              WHEN a.cause LIKE 'rvs!_%%' ESCAPE '!' THEN 'taken' ELSE 'again' END AS heading,
         CASE WHEN a.created_at >= %(start)s AND a.created_at < %(end)s THEN 1 ELSE 0 END AS inside,
         CASE WHEN a.cause = '' THEN a.amount_minor ELSE -a.amount_minor END AS ours, 0 AS theirs
    FROM touched t JOIN payments_allocation a ON a.payment_id = t.id WHERE a.cause = '' OR a.component = 'returned'
  UNION ALL
  SELECT e.payment_id, e.currency, 1,
         CASE e.kind WHEN 'charge' THEN 'came' WHEN 'refund' THEN 'refunded' WHEN 'dispute' THEN 'taken'
                     WHEN 'other' THEN 'other' ELSE 'again' END,
         CASE WHEN e.booked_at >= %(start)s AND e.booked_at < %(end)s THEN 1 ELSE 0 END, 0, e.amount_minor
    FROM touched t JOIN payments_processorentry e ON e.payment_id = t.id AND e.payment_id <> ''
   WHERE e.organisation_id = %(whose)s AND e.livemode = %(live)s AND e.provider = %(provider)s
     AND e.kind NOT IN ('fee', 'payout') AND e.amount_minor <> 0
), sums AS (
  SELECT payment_id, currency, COUNT(*) OVER (PARTITION BY payment_id) AS currencies, SUM(line) AS lines,
         SUM(ours) AS all_ours, SUM(theirs) AS all_theirs,
         SUM(inside * ours) AS ours, SUM(inside * theirs) AS theirs,
         SUM(CASE WHEN heading = 'came' THEN inside * (ours - theirs) ELSE 0 END) AS came,
         SUM(CASE WHEN heading = 'refunded' THEN inside * (ours - theirs) ELSE 0 END) AS refunded,
         SUM(CASE WHEN heading = 'taken' THEN inside * (ours - theirs) ELSE 0 END) AS taken,
         SUM(CASE WHEN heading = 'again' THEN inside * (ours - theirs) ELSE 0 END) AS again
    FROM moved GROUP BY payment_id, currency
), named AS (
  SELECT s.payment_id, s.currency, s.ours, s.theirs, CASE
         WHEN s.currencies > 1 OR s.currency <> p.currency THEN 'converted'
         WHEN s.ours = s.theirs THEN 'heading'
         WHEN s.all_ours = s.all_theirs THEN 'edge'
         WHEN s.lines = 0 THEN 'no_entry'
         WHEN p.status IN ('created', 'processing', 'failed') THEN 'not_booked'
         WHEN EXISTS (SELECT 1 FROM payments_refund r WHERE r.payment_id = p.id
              AND r.status IN ('created', 'processing')) THEN 'under_way'
         ELSE 'amount' END AS reason
    FROM sums s JOIN payments_payment p ON p.id = s.payment_id
   WHERE s.came <> 0 OR s.refunded <> 0 OR s.taken <> 0 OR s.again <> 0 OR s.ours <> s.theirs
), ranked AS (
  SELECT n.*, COUNT(*) OVER of_it AS many, SUM(n.ours - n.theirs) OVER of_it AS much,
         ROW_NUMBER() OVER (PARTITION BY n.currency, n.reason ORDER BY n.payment_id) AS place
    FROM named n WINDOW of_it AS (PARTITION BY n.currency, n.reason)
)
SELECT currency, reason, many, much, payment_id, ours, theirs FROM ranked WHERE place <= %(shown)s
 ORDER BY currency, reason, place
"""
