package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// Verify says whether body (the raw bytes) is from AgentCollect. header is X-AgentCollect-Signature.
func Verify(body []byte, header, secret string, tolerance time.Duration) bool {
	var timestamp string
	var given []string
	for _, part := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "t":
			timestamp = value
		case "v1":
			given = append(given, value)
		}
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	expected := []byte(hex.EncodeToString(mac.Sum(nil)))
	for _, signature := range given {
		if hmac.Equal(expected, []byte(signature)) {
			return true
		}
	}
	return false
}

// go run verify.go "$HEADER" < body.json
func main() {
	body, _ := io.ReadAll(os.Stdin)
	if !Verify(body, os.Args[1], os.Getenv("WEBHOOK_SECRET"), 5*time.Minute) {
		fmt.Println("invalid")
		os.Exit(1)
	}
	fmt.Println("valid")
}
