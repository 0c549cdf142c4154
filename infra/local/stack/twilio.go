//go:build unix

package stack

import (
	"clienteling/infra/local/seed"
	"clienteling/infra/local/twilio"
)

// webhookRetries asks Twilio to deliver again what we failed to take: its default
// is to give up on any 5xx.
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
const webhookRetries = "#rc=2&rp=ct,rt,5xx"

// startTwilio starts the simulator, with the seed's numbers pointing at our webhooks.
func (s *Stack) startTwilio() error {
	simulator, err := twilio.New(twilio.Config{
		AccountSID: seed.AccountSID, AuthToken: seed.AuthToken, StateFile: s.state("twilio.json"),
		BaseURL: func() string { return s.ports.url(twilioPort) },
		Log:     func(line string) { s.options.Output("twilio", 0, []byte(line)) },
	})
	if err != nil {
		return err
	}
	webhooks := s.ports.url(apiPort) + "/webhooks/twilio/"
	for _, shop := range seed.Shops {
		err := simulator.PutNumber(twilio.Number{
			PhoneNumber: shop.Number.E164, FriendlyName: shop.Store.Name, ISOCountry: shop.Store.Country,
			SmsURL: webhooks + "sms" + webhookRetries, VoiceURL: webhooks + "voice" + webhookRetries,
		})
		if err != nil {
			return err
		}
	}
	// Nobody has put this one on a store: what a forgotten number looks like.
	err = simulator.PutNumber(twilio.Number{
		PhoneNumber: seed.UnusedNumber, FriendlyName: "Number without a store", ISOCountry: "US",
		SmsURL: webhooks + "sms" + webhookRetries, VoiceURL: webhooks + "voice" + webhookRetries,
	})
	if err != nil {
		return err
	}
	s.serve(twilioPort, simulator)
	s.onClose(func() { _ = simulator.Close() }) // before its server: it ends the event streams
	s.Info.Handset = s.ports.url(twilioPort) + "/"
	s.Info.Twilio = Twilio{
		BaseURL: s.ports.url(twilioPort), AccountSID: seed.AccountSID, AuthToken: seed.AuthToken,
		PublicBaseURL: s.publicBaseURL(),
	}
	return nil
}
