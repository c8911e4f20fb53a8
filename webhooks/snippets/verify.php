<?php
// Is $body (the raw bytes, file_get_contents('php://input')) from AgentCollect? $header is X-AgentCollect-Signature.
function verify(string $body, string $header, string $secret, int $tolerance = 300): bool
{
    $timestamp = '';
    $given = [];
    foreach (explode(',', $header) as $part) {
        [$name, $value] = array_pad(explode('=', $part, 2), 2, '');
        if ($name === 't') $timestamp = $value;
        if ($name === 'v1') $given[] = $value;
    }
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > $tolerance) return false;
    $expected = hash_hmac('sha256', "$timestamp.$body", $secret);
    foreach ($given as $signature) {
        if (hash_equals($expected, $signature)) return true;
    }
    return false;
}

// php verify.php "$HEADER" < body.json
$valid = verify(stream_get_contents(STDIN), $argv[1], getenv('WEBHOOK_SECRET'));
echo $valid ? "valid\n" : "invalid\n";
exit($valid ? 0 : 1);
