// Package clienteling holds the nouns and rules of the product: retailers, their
// stores and numbers, the conversations between a store and a customer, and the
// one error type. It knows nothing of HTTP, AWS or Twilio and imports the
// standard library only.
//
// A phone number is a string in E.164 ("+4915112345678"), a country an ISO 3166-1
// alpha-2 code in capitals ("DE"), a language a BCP 47 tag ("de"), a time a
// time.Time that is written as RFC 3339 in UTC with milliseconds.
package clienteling
