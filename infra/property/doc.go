// Package property holds the promises of consent and sending against every order in
// which things may happen: an associate's requests, a customer's texts, Twilio's
// deliveries and callbacks, workers that overlap, hang and die, and time.
//
// A run plays a random story with two stores of one retailer and two customers. What
// the functions do is cut at every call of DynamoDB and of Twilio, and the schedule
// decides each time who goes on, and what becomes of the call. A model of what the
// customers said, and of what Twilio took, judges every transaction and every text at
// the moment it has its effect. In the end everything due is moved on, and nothing
// may be left unfinished.
//
//	go test ./infra/property                 # 200 stories
//	DEEP=1 go test ./infra/property          # thousands
//	SEED=17 go test -v ./infra/property      # one, with its whole history
package property
