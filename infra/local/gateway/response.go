package gateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// fromResponse maps what a function returned. JSON without "statusCode" is itself the
// body of a 200. An error means that API Gateway would answer 500.
func fromResponse(response []byte) (answer, error) {
	if !json.Valid(response) {
		return answer{}, errors.New("the function's response is no JSON")
	}
	var fields map[string]json.RawMessage // nil unless an object; names are case-sensitive
	_ = json.Unmarshal(response, &fields)
	if _, ok := fields["statusCode"]; !ok {
		return answer{
			status: http.StatusOK,
			header: http.Header{"Content-Type": {"application/json"}},
			body:   response,
		}, nil
	}
	var (
		status  int
		headers map[string]any
		cookies []string
		body    string
		encoded bool
	)
	for name, to := range map[string]any{
		"statusCode": &status, "headers": &headers, "cookies": &cookies, "body": &body, "isBase64Encoded": &encoded,
	} {
		if value, ok := fields[name]; ok {
			if err := json.Unmarshal(value, to); err != nil {
				return answer{}, fmt.Errorf("the function's response has a wrong %s: %w", name, err)
			}
		}
	}
	if status < 200 || status > 599 {
		return answer{}, fmt.Errorf("the function's response has the statusCode %d; use 200 to 599", status)
	}
	a := answer{status: status, header: http.Header{}, body: []byte(body)}
	for _, cookie := range cookies {
		a.header.Add("Set-Cookie", cookie)
	}
	for name, value := range headers {
		switch value.(type) {
		case string, float64, bool:
			if name = http.CanonicalHeaderKey(name); name != "Content-Length" && !isHopByHop(name) {
				a.header.Add(name, fmt.Sprint(value))
			}
		case nil:
		default:
			return answer{}, fmt.Errorf("the function's response has a header %s that is no string", name)
		}
	}
	if a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	if encoded {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return answer{}, errors.New("the function's response says isBase64Encoded, but its body is not")
		}
		a.body = decoded
	}
	return a, nil
}
