// Package property holds the promises of consent and sending against every order in
// which things may happen: an associate's requests, a customer's texts, an
// administrator's order to erase somebody, Twilio's deliveries and callbacks, workers
// that overlap, hang and die, and time, with its nights and the days on which clocks
// change.
//
// A run plays a random story with two stores of one retailer and two customers. The
// second store is in another country each time, with its words and its hours. What
// the functions do is cut at every call of DynamoDB and of Twilio, and the schedule
// decides each time who goes on, and what becomes of the call. A model of what the
// customers said, of what Twilio took, of what time it was and of what a word means
// judges every transaction, every answer and every text at the moment it has its
// effect. In the end everything due is moved on, and nothing may be left unfinished.
//
//	go test ./infra/property                 # 200 stories
//	DEEP=1 go test ./infra/property          # thousands
//	SEED=17 go test -v ./infra/property      # one, with its whole history
package property
