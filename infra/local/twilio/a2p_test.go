package twilio

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	api "github.com/twilio/twilio-go/rest/api/v2010"
	messaging "github.com/twilio/twilio-go/rest/messaging/v1"
	trusthub "github.com/twilio/twilio-go/rest/trusthub/v1"
)

func (f filer) trustUser(kind string, attributes map[string]any) string {
	f.Helper()
	return *must[*trusthub.TrusthubV1EndUser](f)(f.th.CreateEndUser(new(trusthub.CreateEndUserParams).SetFriendlyName(kind).SetType(kind).
		SetAttributes(attributes))).Sid
}

func (f filer) assignToProfile(profile string, objects ...string) {
	f.Helper()
	for _, object := range objects {
		must[*trusthub.TrusthubV1CustomerProfileEntityAssignment](f)(f.th.CreateCustomerProfileEntityAssignment(profile,
			new(trusthub.CreateCustomerProfileEntityAssignmentParams).SetObjectSid(object)))
	}
}

func (f filer) primary() string {
	f.Helper()
	all := must[[]trusthub.TrusthubV1CustomerProfile](f)(f.th.ListCustomerProfile(new(trusthub.ListCustomerProfileParams).
		SetPolicySid(primaryPolicy).SetStatus("twilio-approved")))
	if len(all) != 1 {
		f.Fatalf("%d primary profiles", len(all))
	}
	return *all[0].Sid
}

// profile is a customer profile of a business with all that it needs, not submitted.
func (f filer) profile(name, ein string) (profile, business string) {
	f.Helper()
	business = f.trustUser("customer_profile_business_information", map[string]any{
		"business_name": name, "business_type": "Corporation", "business_registration_identifier": "EIN", "business_registration_number": ein,
		"business_identity": "isv_reseller_or_partner", "business_industry": "RETAIL", "website_url": "https://acme.example",
		"business_regions_of_operation": "USA_AND_CANADA", "social_media_profile_urls": "",
	})
	representative := f.trustUser("authorized_representative_1", map[string]any{
		"first_name": "Ana", "last_name": "Ruiz", "email": "ana@acme.example", "phone_number": "+14155550100", "business_title": "CEO", "job_position": "CEO",
	})
	address := *must[*trusthub.TrusthubV1SupportingDocument](f)(f.th.CreateSupportingDocument(new(trusthub.CreateSupportingDocumentParams).
		SetFriendlyName("address").SetType("customer_profile_address").SetAttributes(map[string]any{"address_sids": f.address("US", "1 Market St")}))).Sid
	profile = *must[*trusthub.TrusthubV1CustomerProfile](f)(f.th.CreateCustomerProfile(new(trusthub.CreateCustomerProfileParams).
		SetFriendlyName(name).SetEmail("legal@acme.example").SetPolicySid(secondaryPolicy).SetStatusCallback(f.hook.URL + "/bundle"))).Sid
	f.assignToProfile(profile, business, representative, address)
	return profile, business
}

func (f filer) submitProfile(profile string) error {
	_, err := f.th.UpdateCustomerProfile(profile, new(trusthub.UpdateCustomerProfileParams).SetStatus("pending-review"))
	return err
}

func (f filer) profileReviewed(profile string) string {
	f.Helper()
	status := func() string {
		return *must[*trusthub.TrusthubV1CustomerProfile](f)(f.th.FetchCustomerProfile(profile)).Status
	}
	f.until("the profile is reviewed", func() bool { return status() != "in-review" })
	f.sim.tidings.Wait()
	return status()
}

// trusted is an approved profile, and an approved trust product of it.
func (f filer) trusted(name string) (profile, product string) {
	f.Helper()
	profile, _ = f.profile(name, "12-3456789")
	f.assignToProfile(profile, f.primary())
	if err := f.submitProfile(profile); err != nil {
		f.Fatal(err)
	}
	product = *must[*trusthub.TrusthubV1TrustProduct](f)(f.th.CreateTrustProduct(new(trusthub.CreateTrustProductParams).
		SetFriendlyName(name).SetEmail("legal@acme.example").SetPolicySid(messagingPolicy))).Sid
	for _, object := range []string{f.trustUser("us_a2p_messaging_profile_information", map[string]any{"company_type": "private"}), profile} {
		must[*trusthub.TrusthubV1TrustProductEntityAssignment](f)(f.th.CreateTrustProductEntityAssignment(product,
			new(trusthub.CreateTrustProductEntityAssignmentParams).SetObjectSid(object)))
	}
	sent := must[*trusthub.TrusthubV1TrustProduct](f)(f.th.UpdateTrustProduct(product, new(trusthub.UpdateTrustProductParams).SetStatus("pending-review")))
	if *sent.Status != "in-review" {
		f.Errorf("submitted, the product is %s", *sent.Status)
	}
	f.until("the product is approved", func() bool {
		return *must[*trusthub.TrusthubV1TrustProduct](f)(f.th.FetchTrustProduct(product)).Status == "twilio-approved"
	})
	if got := f.profileReviewed(profile); got != "twilio-approved" {
		f.Errorf("the profile is %s", got)
	}
	return profile, product
}

func (f filer) brand(profile, product string) *messaging.MessagingV1BrandRegistrations {
	f.Helper()
	made := must[*messaging.MessagingV1BrandRegistrations](f)(f.msg.CreateBrandRegistrations(new(messaging.CreateBrandRegistrationsParams).
		SetCustomerProfileBundleSid(profile).SetA2PProfileBundleSid(product).SetSkipAutomaticSecVet(true).SetMock(true)))
	if *made.Status != "PENDING" || !*made.Mock || !*made.SkipAutomaticSecVet || *made.CustomerProfileBundleSid != profile || *made.A2pProfileBundleSid != product {
		f.Errorf("brand: %+v", made)
	}
	return f.registered(*made.Sid)
}

func (f filer) registered(brand string) (b *messaging.MessagingV1BrandRegistrations) {
	f.Helper()
	f.until("the brand is registered", func() bool {
		b = must[*messaging.MessagingV1BrandRegistrations](f)(f.msg.FetchBrandRegistrations(brand))
		return *b.Status != "PENDING"
	})
	return b
}

func (f filer) service(name string) string {
	f.Helper()
	return *must[*messaging.MessagingV1Service](f)(f.msg.CreateService(new(messaging.CreateServiceParams).SetFriendlyName(name).
		SetUseInboundWebhookOnNumber(true))).Sid
}

func campaignOf(brand, description string) *messaging.CreateUsAppToPersonParams {
	return new(messaging.CreateUsAppToPersonParams).SetBrandRegistrationSid(brand).SetDescription(description + strings.Repeat(".", 40)).
		SetMessageFlow(strings.Repeat("Customers say yes in the store. ", 3)).SetUsAppToPersonUsecase("LOW_VOLUME").
		SetMessageSamples([]string{"Acme: your shoes are ready to pick up.", "Acme: the coat is back in your size."}).
		SetHasEmbeddedLinks(true).SetHasEmbeddedPhone(false).SetOptOutKeywords([]string{"STOP", "END"}).SetHelpMessage("Call us at the store: we are there.").
		SetPrivacyPolicyUrl("https://acme.example/privacy").SetTermsAndConditionsUrl("https://acme.example/terms").SetSubscriberOptIn(true)
}

func (f filer) campaignJudged(service, campaign string) (c *messaging.MessagingV1UsAppToPersonResponse) {
	f.Helper()
	f.until("the campaign is judged", func() bool {
		c = must[*messaging.MessagingV1UsAppToPersonResponse](f)(f.msg.FetchUsAppToPerson(service, campaign, nil))
		return *c.CampaignStatus != "IN_PROGRESS"
	})
	return c
}

func TestRegisterForTheUS(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	r.strict = true
	r.start("")
	r.number(Number{PhoneNumber: store, SmsURL: r.hook.URL + "/sms"})
	f := r.filer()

	text := func(from, to string) outbound {
		sid := *must[*api.ApiV2010Message](t)(r.post(new(api.CreateMessageParams).SetFrom(from).SetTo(to).SetBody("hi"))).Sid
		all := r.settled()
		return all[slices.IndexFunc(all, func(m outbound) bool { return m.SID == sid })]
	}
	if m := text(store, ana); m.Status != "undelivered" || m.ErrorCode != 30034 {
		t.Errorf("without a campaign: %s %d", m.Status, m.ErrorCode)
	}
	r.number(Number{PhoneNumber: "+18335550100"})
	for from, to := range map[string]string{store: "+491701234567", "+18335550100": ana} {
		if m := text(from, to); m.Status != "delivered" {
			t.Errorf("from %s to %s: %s %d", from, to, m.Status, m.ErrorCode)
		}
	}

	if err := r.sim.PutCampaign(Campaign{ServiceSID: "MG" + strings.Repeat("1", 32), PhoneNumbers: []string{store}}); err != nil {
		t.Fatal(err)
	}
	if m := text(store, ana); m.Status != "delivered" {
		t.Errorf("with a planted campaign: %s %d", m.Status, m.ErrorCode)
	}
	for says, err := range map[string]error{
		"hex digits": r.sim.PutCampaign(Campaign{ServiceSID: "MG1"}),
		"put it":     r.sim.PutCampaign(Campaign{ServiceSID: "MG" + strings.Repeat("2", 32), PhoneNumbers: []string{chicago}}),
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want it to say %q", err, says)
		}
	}
	if err := r.filer().msg.DeleteService("MG" + strings.Repeat("1", 32)); err != nil {
		t.Fatal(err)
	}

	policies := must[[]trusthub.TrusthubV1Policies](t)(f.th.ListPolicies(nil))
	if got := must[*trusthub.TrusthubV1Policies](t)(f.th.FetchPolicies(secondaryPolicy)); len(policies) != 3 || *got.FriendlyName != "Secondary Customer Profile of type Business" {
		t.Errorf("%d policies, %+v", len(policies), got)
	}
	profile, product := f.trusted("Acme")
	if told := r.bundlesTold(); !slices.Equal(told, []string{"twilio-approved"}) {
		t.Errorf("told %q", told)
	}
	brand := f.brand(profile, product)
	if *brand.Status != "APPROVED" || *brand.IdentityStatus != "VERIFIED" || brand.FailureReason != nil || !strings.HasPrefix(*brand.TcrId, "B") {
		t.Errorf("brand: %+v", brand)
	}
	service := f.service("clienteling-acme-us")
	in := must[*messaging.MessagingV1PhoneNumber](t)(f.msg.CreatePhoneNumber(service, new(messaging.CreatePhoneNumberParams).SetPhoneNumberSid(r.sim.derivedSID(store))))
	if *in.PhoneNumber != store || *in.CountryCode != "US" || !slices.Equal(*in.Capabilities, []string{"MMS", "SMS", "Voice"}) || *in.ServiceSid != service {
		t.Errorf("in the service: %+v", in)
	}
	made := must[*messaging.MessagingV1UsAppToPersonResponse](t)(f.msg.CreateUsAppToPerson(service, campaignOf(*brand.Sid, "Shop assistants answer customers")))
	if *made.CampaignStatus != "IN_PROGRESS" || *made.BrandRegistrationSid != *brand.Sid || len(*made.MessageSamples) != 2 || !*made.HasEmbeddedLinks || *made.HasEmbeddedPhone ||
		!slices.Equal(*made.OptOutKeywords, []string{"STOP", "END"}) || *made.PrivacyPolicyUrl != "https://acme.example/privacy" || !*made.SubscriberOptIn {
		t.Errorf("campaign: %+v", made)
	}
	if c := f.campaignJudged(service, *made.Sid); *c.CampaignStatus != "VERIFIED" || c.CampaignId == nil {
		t.Errorf("judged: %+v", c)
	}
	if got := must[*messaging.MessagingV1Service](t)(f.msg.FetchService(service)); !*got.UsAppToPersonRegistered || !*got.UseInboundWebhookOnNumber {
		t.Errorf("the service: %+v", got)
	}
	if m := text(store, ana); m.Status != "delivered" {
		t.Errorf("with a campaign: %s %d", m.Status, m.ErrorCode)
	}
	if err := f.msg.DeleteUsAppToPerson(service, *made.Sid); err != nil {
		t.Error(err)
	}
	if m := text(store, ana); m.ErrorCode != 30034 {
		t.Errorf("after the campaign was deleted: %s %d", m.Status, m.ErrorCode)
	}
	if all := must[[]messaging.MessagingV1UsAppToPersonResponse](t)(f.msg.ListUsAppToPerson(service, nil)); len(all) != 0 {
		t.Errorf("campaigns: %v", all)
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	profile, business := f.profile("Reject Inc.", "12-3456789")
	evaluated := must[*trusthub.TrusthubV1CustomerProfileEvaluation](t)(f.th.CreateCustomerProfileEvaluation(profile,
		new(trusthub.CreateCustomerProfileEvaluationParams).SetPolicySid(secondaryPolicy)))
	last := (*evaluated.Results)[len(*evaluated.Results)-1].(map[string]any)
	if *evaluated.Status != "noncompliant" || *evaluated.PolicySid != secondaryPolicy || last["requirement_name"] != "primary_customer_profile" || last["passed"] != false {
		t.Errorf("without the primary profile: %s %v", *evaluated.Status, last)
	}
	if err := f.submitProfile(profile); codeOf(err) != "400 22216" {
		t.Errorf("submitted: %v", err)
	}
	f.assignToProfile(profile, f.primary())
	if err := f.submitProfile(profile); err != nil {
		t.Fatal(err)
	}
	if got := f.profileReviewed(profile); got != "twilio-rejected" {
		t.Errorf("reviewed: %s", got)
	}
	if p := must[*trusthub.TrusthubV1CustomerProfile](t)(f.th.FetchCustomerProfile(profile)); (*p.Errors)[0].(map[string]any)["code"] != 18011.0 {
		t.Errorf("errors: %v", *p.Errors)
	}
	items := must[[]trusthub.TrusthubV1CustomerProfileEntityAssignment](t)(f.th.ListCustomerProfileEntityAssignment(profile,
		new(trusthub.ListCustomerProfileEntityAssignmentParams).SetObjectType("customer_profile_business_information")))
	if len(items) != 1 || *items[0].ObjectSid != business || *items[0].CustomerProfileSid != profile {
		t.Errorf("assigned: %v", items)
	}
	attributes := map[string]any{}
	for _, field := range businessFields {
		attributes[field] = "x"
	}
	attributes["business_registration_identifier"], attributes["business_registration_number"] = "EIN", "12345"
	if _, err := f.th.UpdateEndUser(business, new(trusthub.UpdateEndUserParams).SetAttributes(attributes)); err != nil {
		t.Fatal(err)
	}
	if err := f.submitProfile(profile); err != nil {
		t.Fatal(err)
	}
	f.profileReviewed(profile)
	if p := must[*trusthub.TrusthubV1CustomerProfile](t)(f.th.FetchCustomerProfile(profile)); (*p.Errors)[0].(map[string]any)["code"] != 18602.0 {
		t.Errorf("an EIN of five digits: %v", *p.Errors)
	}

	// A company whose stock is traded says where.
	product := *must[*trusthub.TrusthubV1TrustProduct](t)(f.th.CreateTrustProduct(new(trusthub.CreateTrustProductParams).
		SetFriendlyName("x").SetEmail("a@b.example").SetPolicySid(messagingPolicy))).Sid
	for _, object := range []string{f.trustUser("us_a2p_messaging_profile_information", map[string]any{"company_type": "public"}), f.primary()} {
		must[*trusthub.TrusthubV1TrustProductEntityAssignment](t)(f.th.CreateTrustProductEntityAssignment(product,
			new(trusthub.CreateTrustProductEntityAssignmentParams).SetObjectSid(object)))
	}
	checked := must[*trusthub.TrusthubV1TrustProductEvaluation](t)(f.th.CreateTrustProductEvaluation(product,
		new(trusthub.CreateTrustProductEvaluationParams).SetPolicySid(messagingPolicy)))
	if *checked.Status != "noncompliant" || !strings.Contains(fmt.Sprint(*checked.Results), "stock_ticker") {
		t.Errorf("a public company: %s %v", *checked.Status, *checked.Results)
	}

	_, primaryErr := f.th.CreateCustomerProfile(new(trusthub.CreateCustomerProfileParams).SetFriendlyName("x").SetEmail("a@b.example").SetPolicySid(primaryPolicy))
	_, policyErr := f.th.CreateCustomerProfile(new(trusthub.CreateCustomerProfileParams).SetFriendlyName("x").SetEmail("a@b.example").SetPolicySid("RN1"))
	_, otherErr := f.th.CreateCustomerProfileEvaluation(profile, new(trusthub.CreateCustomerProfileEvaluationParams).SetPolicySid(messagingPolicy))
	_, addressErr := f.th.CreateCustomerProfileEntityAssignment(profile, new(trusthub.CreateCustomerProfileEntityAssignmentParams).SetObjectSid(f.address("US", "x")))
	_, foreignErr := f.th.CreateCustomerProfileEntityAssignment(profile, new(trusthub.CreateCustomerProfileEntityAssignmentParams).SetObjectSid(f.endUser(nil)))
	for want, err := range map[string]error{
		"400 70002": primaryErr, "400 20001": policyErr, "400 70002 ": otherErr, "400 22206": addressErr, "400 22205": foreignErr,
	} {
		if codeOf(err) != strings.TrimSpace(want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := f.num.FetchBundle(profile); codeOf(err) != "404 20404" {
		t.Errorf("a profile is no bundle: %v", err)
	}
}

func TestBrands(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	profile, product := f.trusted("Reject brand Inc.")
	failed := f.brand(profile, product)
	if *failed.Status != "FAILED" || *failed.FailureReason == "" || (*failed.Errors)[0].(map[string]any)["code"] != 30799.0 {
		t.Errorf("brand: %+v", failed)
	}
	r.do("POST", "/control/bundles/"+product+"/decision", `{"status":"twilio-rejected","reason":"x"}`, 200, nil)
	if again := must[*messaging.MessagingV1BrandRegistrations](t)(f.msg.UpdateBrandRegistrations(*failed.Sid)); *again.Status != "PENDING" {
		t.Errorf("registered again: %+v", again)
	}
	if b := f.registered(*failed.Sid); (*b.Errors)[0].(map[string]any)["code"] != 30793.0 {
		t.Errorf("with a product that is not approved: %v", *b.Errors)
	}
	if all := must[[]messaging.MessagingV1BrandRegistrations](t)(f.msg.ListBrandRegistrations(nil)); len(all) != 1 {
		t.Errorf("listed %v", all)
	}
	service := f.service("x")
	_, unknown := f.msg.CreateBrandRegistrations(new(messaging.CreateBrandRegistrationsParams).SetCustomerProfileBundleSid("BU1").SetA2PProfileBundleSid(product))
	_, swapped := f.msg.CreateBrandRegistrations(new(messaging.CreateBrandRegistrationsParams).SetCustomerProfileBundleSid(product).SetA2PProfileBundleSid(profile))
	_, unregistered := f.msg.CreateUsAppToPerson(service, campaignOf(*failed.Sid, "x"))
	for want, err := range map[string]error{"400 20001": unknown, "400 20001 ": swapped, "400 21717": unregistered} {
		if codeOf(err) != strings.TrimSpace(want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestCampaigns(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	profile, product := f.trusted("Acme")
	brand := *f.brand(profile, product).Sid
	service := f.service("x")
	for name, params := range map[string]*messaging.CreateUsAppToPersonParams{
		"short":      campaignOf(brand, "x").SetDescription("short"),
		"one sample": campaignOf(brand, "x").SetMessageSamples([]string{"Acme: your shoes are ready."}),
		"tiny":       campaignOf(brand, "x").SetMessageSamples([]string{"a", "b"}),
		"no flow":    campaignOf(brand, "x").SetMessageFlow(""),
		"short help": campaignOf(brand, "x").SetHelpMessage("Call us"),
		"no URL":     campaignOf(brand, "x").SetPrivacyPolicyUrl("privacy"),
	} {
		if _, err := f.msg.CreateUsAppToPerson(service, params); codeOf(err) != "400 20001" {
			t.Errorf("%s: %v", name, err)
		}
	}
	made := must[*messaging.MessagingV1UsAppToPersonResponse](t)(f.msg.CreateUsAppToPerson(service, campaignOf(brand, "Reject this")))
	if c := f.campaignJudged(service, *made.Sid); *c.CampaignStatus != "FAILED" || (*c.Errors)[0]["error_code"] != 30893.0 || c.CampaignId != nil {
		t.Errorf("judged: %+v", c)
	}
	if _, err := f.msg.CreateUsAppToPerson(service, campaignOf(brand, "x")); codeOf(err) != "409 20409" {
		t.Errorf("a second campaign: %v", err)
	}
	corrected := new(messaging.UpdateUsAppToPersonParams).SetDescription(strings.Repeat("better ", 8)).SetMessageFlow(strings.Repeat("x", 40)).
		SetMessageSamples([]string{"Acme: your shoes are ready.", "Acme: your coat is ready."}).SetHasEmbeddedLinks(false).SetHasEmbeddedPhone(false).
		SetAgeGated(false).SetDirectLending(false)
	if _, err := f.msg.UpdateUsAppToPerson(service, *made.Sid, corrected); err != nil {
		t.Fatal(err)
	}
	if c := f.campaignJudged(service, *made.Sid); *c.CampaignStatus != "VERIFIED" || *c.HasEmbeddedLinks {
		t.Errorf("corrected: %+v", c)
	}
	if _, err := f.msg.UpdateUsAppToPerson(service, *made.Sid, corrected); codeOf(err) != "400 70002" {
		t.Errorf("changed after it was verified: %v", err)
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	first, second := f.service("first"), f.service("second")
	number := r.mustBuy(buys(chicago).SetSmsUrl(r.hook.URL + "/number"))
	r.number(Number{PhoneNumber: "+4930100000", Capabilities: Capabilities{Voice: true}})
	add := func(service, number string) error {
		_, err := f.msg.CreatePhoneNumber(service, new(messaging.CreatePhoneNumberParams).SetPhoneNumberSid(number))
		return err
	}
	for _, test := range []struct{ service, number, want string }{
		{first, number, "ok"}, {first, number, "409 21710"}, {second, number, "409 21712"}, {first, "PN1", "400 21421"},
		{first, r.sim.derivedSID("+4930100000"), "400 21715"}, {"MG1", number, "404 20404"},
	} {
		if err := add(test.service, test.number); codeOf(err) != test.want {
			t.Errorf("%s into %s: %v, want %s", test.number, test.service, err, test.want)
		}
	}
	if all := must[[]messaging.MessagingV1PhoneNumber](t)(f.msg.ListPhoneNumber(first, nil)); len(all) != 1 || *all[0].Sid != number {
		t.Errorf("in the service: %v", all)
	}
	if got := must[*messaging.MessagingV1PhoneNumber](t)(f.msg.FetchPhoneNumber(first, number)); *got.PhoneNumber != chicago {
		t.Errorf("fetched: %+v", got)
	}

	// A text goes to the number's webhook or the service's, as the service says.
	text := func() *http.Request {
		before := len(r.requests())
		r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi"}`, ana, chicago))
		if all := r.requests(); len(all) > before {
			return all[len(all)-1]
		}
		return nil
	}
	if got := text(); got == nil || got.URL.Path != "/number" || got.PostForm.Get("MessagingServiceSid") != first {
		t.Errorf("by the number: %v", got)
	}
	must[*messaging.MessagingV1Service](t)(f.msg.UpdateService(first, new(messaging.UpdateServiceParams).SetUseInboundWebhookOnNumber(false)))
	if got := text(); got != nil {
		t.Errorf("the service has no webhook, and yet %v", got.URL)
	}
	must[*messaging.MessagingV1Service](t)(f.msg.UpdateService(first, new(messaging.UpdateServiceParams).SetInboundRequestUrl(r.hook.URL+"/service")))
	if got := text(); got == nil || got.URL.Path != "/service" {
		t.Errorf("by the service: %v", got)
	}

	if err := f.msg.DeletePhoneNumber(first, number); err != nil {
		t.Error(err)
	}
	if err := f.msg.DeletePhoneNumber(first, number); codeOf(err) != "404 20404" {
		t.Errorf("removed twice: %v", err)
	}
	if err := add(second, number); err != nil {
		t.Error(err)
	}
	if err := r.buyer().DeleteIncomingPhoneNumber(number, nil); err != nil {
		t.Error(err)
	}
	if all := must[[]messaging.MessagingV1PhoneNumber](t)(f.msg.ListPhoneNumber(second, nil)); len(all) != 0 {
		t.Errorf("after its release: %v", all)
	}
	for name, test := range map[string]struct {
		params *messaging.CreateServiceParams
		want   string
	}{
		"no name": {new(messaging.CreateServiceParams), "400 20001"},
		"URL":     {new(messaging.CreateServiceParams).SetFriendlyName("x").SetInboundRequestUrl("x"), "400 21402"},
		"method":  {new(messaging.CreateServiceParams).SetFriendlyName("x").SetInboundMethod("PUT"), "400 21403"},
	} {
		if _, err := f.msg.CreateService(test.params); codeOf(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := f.msg.DeleteService(second); err != nil {
		t.Error(err)
	}
	if all := must[[]messaging.MessagingV1Service](t)(f.msg.ListService(nil)); len(all) != 1 || *all[0].Sid != first {
		t.Errorf("services: %v", all)
	}
}
