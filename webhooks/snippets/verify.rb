require "openssl"

# Is `body` (the raw bytes) from AgentCollect? `header` is X-AgentCollect-Signature.
def verify(body, header, secret, tolerance: 300)
  parts = header.split(",").map { |part| part.split("=", 2) }
  timestamp = parts.assoc("t")&.last.to_s
  return false unless timestamp.match?(/\A\d+\z/) && (Time.now.to_i - timestamp.to_i).abs <= tolerance

  expected = OpenSSL::HMAC.hexdigest("SHA256", secret, "#{timestamp}.".b + body.b)
  parts.any? { |name, value| name == "v1" && OpenSSL.secure_compare(expected, value.to_s) }
end

# ruby verify.rb "$HEADER" < body.json
valid = verify($stdin.binmode.read, ARGV[0], ENV.fetch("WEBHOOK_SECRET"))
puts(valid ? "valid" : "invalid")
exit(valid)
