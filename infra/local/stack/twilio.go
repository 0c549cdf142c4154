//go:build unix

package stack

import (
	"clienteling/infra/local/seed"
	"clienteling/infra/local/twilio"
	"clienteling/shared/clienteling"
	"clienteling/shared/webhook"
)

// startTwilio starts the simulator, with the seed's numbers pointing at our webhooks.
func (s *Stack) startTwilio() error {
	simulator, err := twilio.New(twilio.Config{
		AccountSID: seed.AccountSID, AuthToken: seed.AuthToken, StateFile: s.state("twilio.json"),
		StrictBundles: true, StrictCampaigns: true,
		BaseURL: func() string { return s.ports.url(twilioPort) },
		Log:     func(line string) { s.options.Output("twilio", 0, []byte(line)) },
	})
	if err != nil {
		return err
	}
	// What Twilio calls is what the functions tell it when they buy a number.
	sms, voice := webhook.SmsURL(s.publicBaseURL()), webhook.VoiceURL(s.publicBaseURL())
	first := len(simulator.Numbers()) == 0
	shops := seed.Shops
	if s.options.Empty {
		shops = nil
	}
	for _, shop := range shops {
		err := simulator.PutNumber(twilio.Number{
			PhoneNumber: shop.Number.E164, FriendlyName: shop.Store.Name, ISOCountry: shop.Store.Country,
			SmsURL: sms, VoiceURL: voice,
		})
		if err != nil {
			return err
		}
	}
	if first && !s.options.Empty { // later starts find what has become of them
		if err := seed.AtTwilio(simulator, seed.Shops[0].Number.E164); err != nil {
			return err
		}
	}
	// Nobody has put this one on a store: what a forgotten number looks like.
	err = simulator.PutNumber(twilio.Number{
		PhoneNumber: seed.UnusedNumber, FriendlyName: "Number without a store", ISOCountry: "US",
		SmsURL: sms, VoiceURL: voice,
	})
	if err != nil {
		return err
	}
	// A stack that was started on other ports has bought numbers that call it there.
	for _, n := range simulator.Numbers() {
		if _, bought := clienteling.Sandbox.PurchaseOf(n.FriendlyName); bought && n.SmsURL != sms {
			n.SmsURL, n.VoiceURL = sms, voice
			if err := simulator.PutNumber(n); err != nil {
				return err
			}
		}
	}
	s.twilio = simulator
	s.serve(twilioPort, simulator)
	s.onClose(func() { _ = simulator.Close() }) // before its server: it ends the event streams
	s.Info.Handset = s.ports.url(twilioPort) + "/"
	s.Info.Twilio = Twilio{
		BaseURL: s.ports.url(twilioPort), AccountSID: seed.AccountSID, AuthToken: seed.AuthToken,
		PublicBaseURL: s.publicBaseURL(),
	}
	return nil
}
