package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Codes that say why a number cannot be bought.
const (
	// CodeUnavailable: the number is not for sale, or no longer. Choose another.
	// https://www.twilio.com/docs/api/errors/21422
	CodeUnavailable = 21422
	// CodeNotANumber: Twilio does not read it as a phone number.
	// https://www.twilio.com/docs/api/errors/21421
	CodeNotANumber = 21421
	// CodeTrialLimit: a trial account may have no more numbers.
	// https://www.twilio.com/docs/api/errors/21404
	CodeTrialLimit = 21404
	// CodeBarred: Twilio lets the account buy no numbers for the time being.
	// https://www.twilio.com/docs/api/errors/22300
	CodeBarred = 22300

	// CodeBundle: no approved bundle was given, or it is not for numbers like this.
	// https://www.twilio.com/docs/api/errors/21649
	CodeBundle = 21649
	// CodeIdentity: the account has no verified document of identity.
	// https://www.twilio.com/docs/api/errors/21650
	CodeIdentity = 21650
	// CodeDocument: the document does not satisfy the regulation.
	// https://www.twilio.com/docs/api/errors/21651
	CodeDocument = 21651

	// CodeAddress: no address was given, or it is not where it has to be.
	// https://www.twilio.com/docs/api/errors/21631
	CodeAddress = 21631
	// CodeLocalAddress: it takes an address in the number's own area or country.
	// https://www.twilio.com/docs/api/errors/21615
	CodeLocalAddress = 21615
	// CodeAccountAddress: the account has no address on file.
	// https://www.twilio.com/docs/api/errors/21613
	CodeAccountAddress = 21613
)

// NeedsPapers reports whether Twilio refused a number for want of a bundle, a
// document or an address that it accepts: another number of the kind would be
// refused, too.
func (e *Error) NeedsPapers() bool {
	switch e.Code {
	case CodeBundle, CodeIdentity, CodeDocument, CodeAddress, CodeLocalAddress, CodeAccountAddress:
		return true
	}
	return false
}

// ForSale is a number that Twilio sells now.
// https://www.twilio.com/docs/phone-numbers/api/availablephonenumberlocal-resource
type ForSale struct {
	E164 string
	// National is the number as people of its country write it.
	National string
	// Locality is its town, Region its state or province; mostly empty outside of the
	// US and Canada.
	Locality, Region string
	// SMS, MMS and Voice are what it can do, as the search says. For mobile numbers of
	// GB it may wrongly say that they cannot text: believe [Owned].
	SMS, MMS, Voice bool
	// AddressRequired is the address that a buyer must have: none, any, local (in the
	// number's country) or foreign (outside of it).
	AddressRequired string
}

// Search narrows the numbers for sale.
type Search struct {
	AccountSID string
	// Country is ISO 3166-1 alpha-2.
	Country string
	// Type is Twilio's: Local, Mobile, TollFree or National.
	Type string
	// Contains is Twilio's pattern, 2 to 16 digits, letters, and * % + $; a full E.164
	// asks for that very number. Empty for any.
	Contains string
	// AreaCode is that of a number of the US or Canada, three digits. Empty for any.
	AreaCode string
	// Limit is how many at most: 1 to 1000, 0 for Twilio's default of 50.
	Limit int
}

const (
	defaultForSale = 50
	// mostListed is the size of Twilio's largest page.
	// https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
	mostListed = 1000
)

// What goes into a path or a filter. An empty SID would address the whole list, and
// twilio-go cuts every dot that precedes a digit, with the digits, from a filter:
// it would silently ask for something else.
var (
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	areaCode    = regexp.MustCompile(`^[0-9]{3}$`)
	pattern     = regexp.MustCompile(`^[0-9A-Za-z*%+$]{2,16}$`)
	e164        = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
	numberSID   = regexp.MustCompile(`^PN[0-9a-fA-F]{32}$`)
)

// NumbersForSale returns numbers that Twilio sells now and that can be called and
// texted. It is empty for a country or type of which Twilio sells none. The error
// is an *Error; it is Refused for a search that Twilio would not understand.
func (c *Client) NumbersForSale(ctx context.Context, s Search) ([]ForSale, error) {
	filter, err := s.filter()
	if err != nil {
		return nil, &Error{Refused, 0, err}
	}
	service, call, err := c.service(ctx, s.AccountSID)
	if err != nil {
		return nil, &Error{Later, 0, err}
	}
	list, err := s.ask(service, filter)
	if err != nil {
		failed := judge(err, call.status)
		if failed.Code == CodeNotFound {
			return nil, nil
		}
		return nil, failed
	}
	if call.status != http.StatusOK || list == nil {
		return nil, noList(call)
	}
	return list[:min(len(list), *filter.PageSize)], nil
}

// filter is the query of a search. The four types have the same, by four names.
func (s Search) filter() (*api.ListAvailablePhoneNumberLocalParams, error) {
	p := &api.ListAvailablePhoneNumberLocalParams{VoiceEnabled: new(true)}
	switch {
	case !countryCode.MatchString(s.Country):
		return nil, fmt.Errorf("%q is not a country: give its two capital letters of ISO 3166-1", s.Country)
	case !slices.Contains([]string{"Local", "Mobile", "TollFree", "National"}, s.Type):
		return nil, fmt.Errorf("%q is not a type of number: give Local, Mobile, TollFree or National", s.Type)
	case s.Contains != "" && !pattern.MatchString(s.Contains):
		return nil, errors.New("the pattern is not one: give 2 to 16 of the digits, the letters A to Z, and * % + $")
	case s.AreaCode != "" && !areaCode.MatchString(s.AreaCode):
		return nil, errors.New("the area code is not one: give three digits")
	}
	// In 2026 the search denied that GB's mobile numbers can text: asked for those that
	// can, it found none.
	if s.Country != "GB" {
		p.SetSmsEnabled(true)
	}
	if s.Contains != "" {
		p.SetContains(s.Contains)
	}
	if s.AreaCode != "" {
		code, _ := strconv.Atoi(s.AreaCode) // it is three digits
		p.SetAreaCode(code)
	}
	p.SetPageSize(defaultForSale)
	if s.Limit > 0 {
		p.SetPageSize(min(s.Limit, mostListed))
	}
	return p, nil
}

// ask asks for numbers of the search's type; it returns nil for an answer that
// has no list.
func (s Search) ask(service *api.ApiService, p *api.ListAvailablePhoneNumberLocalParams) (list []ForSale, err error) {
	switch s.Type {
	case "Local":
		var a *api.ListAvailablePhoneNumberLocalResponse
		if a, err = service.PageAvailablePhoneNumberLocal(s.Country, p, "", ""); err == nil {
			list = forSale(a.AvailablePhoneNumbers)
		}
	case "Mobile":
		var a *api.ListAvailablePhoneNumberMobileResponse
		if a, err = service.PageAvailablePhoneNumberMobile(s.Country, (*api.ListAvailablePhoneNumberMobileParams)(p), "", ""); err == nil {
			list = forSale(a.AvailablePhoneNumbers)
		}
	case "TollFree":
		var a *api.ListAvailablePhoneNumberTollFreeResponse
		if a, err = service.PageAvailablePhoneNumberTollFree(s.Country, (*api.ListAvailablePhoneNumberTollFreeParams)(p), "", ""); err == nil {
			list = forSale(a.AvailablePhoneNumbers)
		}
	case "National":
		var a *api.ListAvailablePhoneNumberNationalResponse
		if a, err = service.PageAvailablePhoneNumberNational(s.Country, (*api.ListAvailablePhoneNumberNationalParams)(p), "", ""); err == nil {
			list = forSale(a.AvailablePhoneNumbers)
		}
	}
	return list, err
}

// listed is a number for sale under the names of the four types.
type listed interface {
	api.ApiV2010AvailablePhoneNumberLocal | api.ApiV2010AvailablePhoneNumberMobile |
		api.ApiV2010AvailablePhoneNumberTollFree | api.ApiV2010AvailablePhoneNumberNational
}

func forSale[N listed](list []N) []ForSale {
	if list == nil {
		return nil
	}
	found := make([]ForSale, len(list))
	for i, listed := range list {
		n := api.ApiV2010AvailablePhoneNumberLocal(listed)
		found[i] = ForSale{
			E164: value(n.PhoneNumber), National: value(n.FriendlyName), Locality: value(n.Locality), Region: value(n.Region),
			AddressRequired: value(n.AddressRequirements),
		}
		if can := n.Capabilities; can != nil {
			found[i].SMS, found[i].MMS, found[i].Voice = can.Sms, can.Mms, can.Voice
		}
	}
	return found
}

// Owned is a number of an account at Twilio.
// https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
type Owned struct {
	// SID is PN...
	SID  string
	E164 string
	// FriendlyName is for us to choose.
	FriendlyName string
	// SMS, MMS and Voice are what it can do.
	SMS, MMS, Voice bool
	// SmsURL is told of a text to the number, VoiceURL of a call.
	SmsURL, VoiceURL string
	// Elsewhere says that an application or a trunk is set on the number, which get
	// its texts or calls in place of the URLs; [Client.SetNumber] removes them.
	Elsewhere bool
}

// NumberSettings are what we set on a number, all of them: an empty one is emptied
// there. URLs may end in connection overrides.
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
type NumberSettings struct {
	// FriendlyName has 64 characters at most. Without dots: they get lost in searches.
	FriendlyName string
	// SmsURL and VoiceURL are called by POST.
	SmsURL, VoiceURL string
}

// BuyNumber buys a number, once: it never tries again by itself. bundleSID (BU...)
// and addressSID (AD...) are the papers, empty where none are needed. A number that
// the account owns already costs nothing: Twilio gives it the settings and answers
// as if it had been bought. So after an error whose outcome is Unknown, look
// with [Client.OwnedNumber] before anything else. The error is an *Error.
func (c *Client) BuyNumber(ctx context.Context, accountSID, number, bundleSID, addressSID string, s NumberSettings) (Owned, error) {
	if !e164.MatchString(number) {
		return Owned{}, &Error{Refused, 0, errors.New("the number to buy is not E.164: give it with + and its country's code")}
	}
	service, call, err := c.service(ctx, accountSID)
	if err != nil {
		return Owned{}, &Error{Later, 0, err}
	}
	// Always by the number, never by an area code: asked again, Twilio would sell
	// a second one.
	p := &api.CreateIncomingPhoneNumberParams{PhoneNumber: &number}
	p.SetFriendlyName(s.FriendlyName)
	p.SetSmsUrl(s.SmsURL)
	p.SetSmsMethod(http.MethodPost)
	p.SetVoiceUrl(s.VoiceURL)
	p.SetVoiceMethod(http.MethodPost)
	if bundleSID != "" {
		p.SetBundleSid(bundleSID)
	}
	if addressSID != "" {
		p.SetAddressSid(addressSID)
	}
	bought, err := service.CreateIncomingPhoneNumber(p)
	if err != nil {
		return Owned{}, judge(err, call.status)
	}
	n := owned(bought)
	if n.SID == "" || n.E164 != number {
		return Owned{}, &Error{Unknown, 0, errors.New("the answer names no SID, or another number: look at the account's numbers")}
	}
	return n, nil
}

// SetNumber gives a number of the account its settings, and removes the applications
// and the trunk that would silence its URLs. It may be repeated. The error is an
// *Error, with CodeNotFound for a number that is not the account's.
func (c *Client) SetNumber(ctx context.Context, accountSID, sid string, s NumberSettings) (Owned, error) {
	if !numberSID.MatchString(sid) {
		return Owned{}, notANumberSID(sid)
	}
	service, call, err := c.service(ctx, accountSID)
	if err != nil {
		return Owned{}, &Error{Later, 0, err}
	}
	p := &api.UpdateIncomingPhoneNumberParams{}
	p.SetFriendlyName(s.FriendlyName)
	p.SetSmsUrl(s.SmsURL)
	p.SetSmsMethod(http.MethodPost)
	p.SetVoiceUrl(s.VoiceURL)
	p.SetVoiceMethod(http.MethodPost)
	p.SetSmsApplicationSid("")
	p.SetVoiceApplicationSid("")
	p.SetTrunkSid("")
	set, err := service.UpdateIncomingPhoneNumber(sid, p)
	if err != nil {
		return Owned{}, judge(err, call.status)
	}
	n := owned(set)
	if n.SID != sid {
		return Owned{}, &Error{Unknown, 0, errors.New("the answer names no SID, or another one: look at the account's numbers")}
	}
	return n, nil
}

// ReleaseNumber gives a number back to Twilio, for good: it cannot be undone, and
// anybody may buy the number. It may be repeated: a number that is gone already is
// no error. The error is an *Error.
func (c *Client) ReleaseNumber(ctx context.Context, accountSID, sid string) error {
	if !numberSID.MatchString(sid) {
		return notANumberSID(sid)
	}
	service, call, err := c.service(ctx, accountSID)
	if err != nil {
		return &Error{Later, 0, err}
	}
	if err := service.DeleteIncomingPhoneNumber(sid, &api.DeleteIncomingPhoneNumberParams{}); err != nil {
		failed := judge(err, call.status)
		if failed.Code == CodeNotFound { // a page of a proxy has no code: it proves nothing
			return nil
		}
		return failed
	}
	// twilio-go takes every status under 400 for done.
	if call.status != http.StatusNoContent {
		return &Error{Unknown, 0, fmt.Errorf("status %d in place of 204: look whether the number is gone", call.status)}
	}
	return nil
}

// OwnedNumber returns a number of the account, and whether it has it. The error is
// an *Error.
func (c *Client) OwnedNumber(ctx context.Context, accountSID, number string) (Owned, bool, error) {
	if !e164.MatchString(number) {
		return Owned{}, false, &Error{Refused, 0, errors.New("the number to find is not E.164: give it with + and its country's code")}
	}
	// Twilio also finds numbers that merely contain this one.
	numbers, next, err := c.list(ctx, accountSID, (&api.ListIncomingPhoneNumberParams{}).SetPhoneNumber(number), "")
	if err != nil {
		return Owned{}, false, err
	}
	for _, n := range numbers {
		if n.E164 == number {
			return n, true, nil
		}
	}
	if next != "" { // a whole page of others: the filter was not obeyed
		return Owned{}, false, &Error{Unknown, 0, errors.New("the answer does not end: look at the account's numbers")}
	}
	return Owned{}, false, nil
}

// OwnedNumbers returns a page of the account's numbers, 1000 at most, and how to ask
// for the next page: page is "" for the first, next is "" after the last. The error is
// an *Error, Refused for a page that this function did not return for that account.
func (c *Client) OwnedNumbers(ctx context.Context, accountSID, page string) (numbers []Owned, next string, err error) {
	if page != "" {
		if page, err = pageOf(accountSID, page); err != nil {
			return nil, "", &Error{Refused, 0, err}
		}
	}
	return c.list(ctx, accountSID, &api.ListIncomingPhoneNumberParams{}, page)
}

// list asks for a page of the account's numbers: the one at a URI of pageOf, or the
// first of those that pass a filter.
func (c *Client) list(ctx context.Context, accountSID string, p *api.ListIncomingPhoneNumberParams, uri string) (numbers []Owned, next string, err error) {
	service, call, err := c.service(ctx, accountSID)
	if err != nil {
		return nil, "", &Error{Later, 0, err}
	}
	var answer *api.ListIncomingPhoneNumberResponse
	if uri == "" {
		answer, err = service.PageIncomingPhoneNumber(p.SetPageSize(mostListed), "", "")
	} else {
		answer, err = follow(service.RequestHandler(), uri)
	}
	if err != nil {
		return nil, "", judge(err, call.status)
	}
	// "No numbers" must be Twilio's word: somebody may buy on the strength of it.
	if call.status != http.StatusOK || answer.IncomingPhoneNumbers == nil {
		return nil, "", noList(call)
	}
	for _, n := range answer.IncomingPhoneNumbers {
		numbers = append(numbers, owned(&n))
	}
	if more := value(answer.NextPageUri); more != "" {
		if next, err = pageOf(accountSID, more); err != nil {
			return nil, "", &Error{Unknown, 0, err}
		}
	}
	return numbers, next, nil
}

// follow asks for a page at the URI that the page before it gave. twilio-go's own way
// takes the URI apart and keeps only the parameters it knows.
func follow(handler *client.RequestHandler, uri string) (*api.ListIncomingPhoneNumberResponse, error) {
	answer, err := handler.Get("https://api.twilio.com"+uri, nil, nil, "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	page := &api.ListIncomingPhoneNumberResponse{}
	return page, json.NewDecoder(answer.Body).Decode(page)
}

// pageOf checks that a URI is one of a page of the account's numbers.
func pageOf(accountSID, uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "" || u.Host != "" || u.RawQuery == "" ||
		u.Path != "/2010-04-01/Accounts/"+accountSID+"/IncomingPhoneNumbers.json" {
		return "", errors.New("that is no page of the account's numbers: begin with the first")
	}
	return u.Path + "?" + u.RawQuery, nil
}

func owned(n *api.ApiV2010IncomingPhoneNumber) Owned {
	o := Owned{
		SID: value(n.Sid), E164: value(n.PhoneNumber), FriendlyName: value(n.FriendlyName),
		SmsURL: value(n.SmsUrl), VoiceURL: value(n.VoiceUrl),
		Elsewhere: value(n.SmsApplicationSid) != "" || value(n.VoiceApplicationSid) != "" || value(n.TrunkSid) != "",
	}
	if can := n.Capabilities; can != nil {
		o.SMS, o.MMS, o.Voice = can.Sms, can.Mms, can.Voice
	}
	return o
}

func noList(c *call) *Error {
	return &Error{Unknown, 0, fmt.Errorf("the answer of status %d has no list of numbers: ask again", c.status)}
}

func notANumberSID(sid string) *Error {
	return &Error{Refused, 0, fmt.Errorf("%q is not the SID of a number: give PN and 32 hexadecimal digits", sid)}
}
