import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

/** Is `body` (a Buffer of the raw bytes) from AgentCollect? `header` is X-AgentCollect-Signature. */
export function verify(body, header, secret, tolerance = 300) {
  const parts = header.split(",").map((part) => part.split("="));
  const timestamp = parts.find(([name]) => name === "t")?.[1] ?? "";
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > tolerance) return false;
  const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest();
  return parts.some(([name, value]) => {
    const given = name === "v1" ? Buffer.from(value ?? "", "hex") : Buffer.alloc(0);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

// node verify.mjs "$HEADER" < body.json
const valid = verify(readFileSync(0), process.argv[2], process.env.WEBHOOK_SECRET);
console.log(valid ? "valid" : "invalid");
process.exit(valid ? 0 : 1);
