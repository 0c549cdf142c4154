package apigw

import (
	"slices"
	"strings"

	"clienteling/shared/clienteling"
)

const (
	lowerDigits = "abcdefghijklmnopqrstuvwxyz0123456789"
	storeChars  = lowerDigits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-"
)

// Caller is who calls, as the claims of the token say. A function takes the
// retailer from here and nowhere else.
type Caller struct {
	Subject   string   // claim sub: the person's id at the issuer
	Name      string   // claim name; "" when the token has none
	Retailer  string   // claim retailer, ^[a-z0-9][a-z0-9-]{0,62}$
	Stores    []string // claim stores: the ids, ^[A-Za-z0-9._-]{1,64}$
	AllStores bool     // claim stores is *, or an administrator: every store of the retailer
}

// The scopes that mean more than that a caller has them.
const (
	// scopeManage is an administrator's: all stores of their retailer.
	scopeManage = "clienteling:manage"
	// scopeOperate is the platform operator's, who belongs to no retailer; only the
	// function of that scope takes a retailer from the path.
	scopeOperate = "clienteling:operate"
)

// MaySee reports whether the id is well formed and one of the caller's stores.
func (c Caller) MaySee(storeID string) bool {
	return isStore(storeID) && (c.AllStores || slices.Contains(c.Stores, storeID))
}

// identify reads the claims the gateway's JWT authorizer hands on. A caller with the
// scope or, where it is given, with the other one is in.
func identify(r Request, scope, other string) (Caller, error) {
	authorizer := r.RequestContext.Authorizer
	if authorizer == nil || authorizer.JWT == nil {
		return Caller{}, clienteling.E(clienteling.Unauthenticated, "token_missing",
			"Send an access token in the Authorization header: Bearer, a space, the token.")
	}
	claims := authorizer.JWT.Claims
	has := words(claims["scope"])
	if other != "" && !slices.Contains(has, scope) {
		scope = other
	}
	if !slices.Contains(has, scope) {
		return Caller{}, clienteling.E(clienteling.Forbidden, "scope_missing",
			"This call needs a token with the scope %s. Sign in as a user who has it.", scope)
	}
	retailer := claims["retailer"]
	if scope == scopeOperate {
		if retailer != "" {
			return Caller{}, clienteling.E(clienteling.Forbidden, "operator_only",
				"This call is the platform operator's, whose token names no retailer. Sign in as the operator.")
		}
		return Caller{Subject: claims["sub"], Name: claims["name"]}, nil
	}
	if !IsRetailer(retailer) {
		return Caller{}, clienteling.E(clienteling.Forbidden, "retailer_missing",
			"The token names no retailer. Its claim retailer must be 1 to 63 lower-case letters, digits or hyphens; correct it at the issuer.")
	}
	stores := words(claims["stores"])
	all := slices.Contains(stores, "*") || scope == scopeManage
	return Caller{
		Subject:   claims["sub"],
		Name:      claims["name"],
		Retailer:  retailer,
		Stores:    slices.DeleteFunc(stores, func(id string) bool { return !isStore(id) }),
		AllStores: all,
	}, nil
}

// words splits a claim that lists names. The gateway delivers a JSON array as "[a b]".
func words(claim string) []string {
	if inner, ok := strings.CutPrefix(claim, "["); ok {
		claim = strings.TrimSuffix(inner, "]")
	}
	return strings.Fields(claim)
}

// IsRetailer reports whether s is written as a retailer's id is.
func IsRetailer(s string) bool {
	return len(s) >= 1 && len(s) <= 63 && s[0] != '-' && consistsOf(s, lowerDigits+"-")
}

func isStore(s string) bool {
	return len(s) >= 1 && len(s) <= 64 && consistsOf(s, storeChars)
}

// consistsOf reports whether all characters of s are among chars. By hand, since
// compiling regular expressions is paid at every cold start.
func consistsOf(s, chars string) bool { return strings.Trim(s, chars) == "" }
