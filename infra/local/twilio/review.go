package twilio

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// defaultReview is how long Twilio's reviewers take here; in the world it is days.
const defaultReview = 3 * time.Second

// verdict is how a review ends.
type verdict struct {
	status     string
	finding    finding
	object     string    // the SID of what the finding is about: an end user, document or address
	validUntil time.Time // of an approval; zero: for good
}

// later has something happen at a time of the machine's clock, unless the simulator closes
// before. The caller holds the lock.
func (s *Simulator) later(at time.Time, happen func()) {
	if s.closing.Err() != nil {
		return
	}
	s.reviews.Go(func() {
		if s.pause(at) {
			s.mu.Lock()
			defer s.mu.Unlock()
			happen()
			s.touched(event{Changed: "paper"})
		}
	})
}

// submit puts a filing before the reviewer. A customer profile or trust product is in
// review at once, a bundle a moment later.
func (s *Simulator) submit(f *filing) {
	now := time.Now()
	f.Submissions++
	f.Status, f.FailureReason, f.Errors, f.ValidUntil = statusPending, "", nil, nil
	f.DateUpdated = s.stamp()
	f.Due = now.Add(s.config.Pace + s.reviewDelay)
	if f.Kind != regulatory.kind {
		f.Status = statusInReview
	}
	s.markDocuments(f, "pending-review")
	s.await(f)
}

// await has happen to a filing what is to come by itself; New calls it, too, for what the
// state file has. The caller holds the lock.
func (s *Simulator) await(f *filing) {
	f.round++
	round := f.round
	if f.Status == statusPending {
		s.later(time.Now().Add(s.config.Pace), func() {
			if f.round == round && f.Status == statusPending {
				f.Status, f.DateUpdated = statusInReview, s.stamp() // which no callback tells
			}
		})
	}
	if !f.Due.IsZero() {
		s.later(f.Due, func() {
			if f.round == round {
				s.review(f)
			}
		})
	}
	if f.ValidUntil != nil {
		s.later(*f.ValidUntil, func() {
			if f.round == round {
				s.decide(f, verdict{status: statusRejected, finding: finding{18050, "The information was not updated before the bundle's ValidUntil date."}})
			}
		})
	}
}

// awaitAll goes on with the reviews that a state file has. The caller holds the lock.
func (s *Simulator) awaitAll() {
	for _, f := range inUse(s.state.Papers.Bundles) {
		s.await(f)
	}
	for _, b := range s.state.Papers.Brands {
		if !b.Due.IsZero() {
			s.awaitBrand(b)
		}
	}
	for _, c := range inUse(s.state.Papers.Campaigns) {
		if !c.Due.IsZero() {
			s.awaitCampaign(c)
		}
	}
}

// review has the reviewer look at a filing.
func (s *Simulator) review(f *filing) {
	if v := s.judge(f); v.status != "" {
		s.decide(f, v)
		return
	}
	f.Status, f.Due = statusInReview, time.Time{} // until the control interface says more
}

// judge is the reviewer, who goes by magic words. The findings are Twilio's, from its error
// dictionary.
func (s *Simulator) judge(f *filing) verdict {
	if f.IsTest {
		return verdict{status: statusRejected, finding: finding{18099, "The information was rejected since API request marked it as a test."}}
	}
	waits, provisional := false, false
	for _, u := range s.endUsersOf(f, "") {
		business := textOf(u.Attributes["business_name"])
		waits = waits || has(business, "Pending")
		provisional = provisional || has(business, "Provisional")
		switch {
		case has(business, "Reject") && !has(business, "Reject brand"):
			return verdict{status: statusRejected, object: u.SID, finding: finding{18011,
				"Business name mismatch: the business name provided does not match with the supporting document or the company register."}}
		case u.Attributes["business_registration_identifier"] == "EIN" && countDigits(textOf(u.Attributes["business_registration_number"])) != 9:
			return verdict{status: statusRejected, object: u.SID, finding: finding{18602, "The Business ID you provided could not be verified."}}
		}
	}
	for _, d := range s.documentsOf(f, nil) {
		if has(d.FriendlyName, "blurred") || d.File != nil && has(d.File.Name, "blurred") {
			return verdict{status: statusRejected, object: d.SID, finding: finding{18001,
				"Invalid document submission: the uploaded document is not legible. Please upload it again."}}
		}
		for _, sid := range addressSIDs(d.Attributes) {
			if a, found := find(s.state.Papers.Addresses, sid); found && has(a.Street, "Wrong") {
				return verdict{status: statusRejected, object: d.SID, finding: finding{18014,
					"The address you have provided is not valid. Please resubmit the bundle with the correct address."}}
			}
		}
	}
	switch {
	case waits:
		return verdict{}
	case provisional:
		return verdict{status: statusProvisional}
	}
	return verdict{status: statusApproved}
}

func countDigits(text string) (n int) {
	for _, c := range text {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}

// decide ends a review, or changes its end later. The caller holds the lock.
func (s *Simulator) decide(f *filing, v verdict) {
	f.Status, f.Due, f.DateUpdated = v.status, time.Time{}, s.stamp()
	f.FailureReason, f.Errors, f.ValidUntil = "", nil, nil
	if !v.validUntil.IsZero() {
		f.ValidUntil = new(v.validUntil.UTC().Truncate(time.Second))
	}
	s.markDocuments(f, map[string]string{
		statusApproved: "approved", statusProvisional: "provisionally-approved", statusInReview: "pending-review", statusRejected: "draft",
	}[v.status])
	if v.status == statusRejected {
		f.FailureReason = v.finding.Message
		if f.Kind != regulatory.kind {
			f.Errors = []finding{v.finding}
		}
		for _, d := range s.documentsOf(f, nil) {
			if d.SID == v.object || slices.Contains(addressSIDs(d.Attributes), v.object) {
				d.Status, d.FailureReason, d.Errors = "rejected", &v.finding.Message, []finding{v.finding}
			}
		}
	}
	s.await(f)
	if f.StatusCallback != nil && v.status != statusInReview {
		s.tellStatus(f)
	}
	s.touched(event{Changed: "paper"})
}

// markDocuments gives all documents of a filing a status.
func (s *Simulator) markDocuments(f *filing, status string) {
	for _, d := range s.documentsOf(f, nil) {
		d.Status, d.FailureReason, d.Errors, d.DateUpdated = status, nil, nil, s.stamp()
	}
}

// tellStatus posts a filing's status to its callback, as Twilio does
// (docs/phone-numbers/regulatory/api/bundles), unless troubles are asked for. The caller
// holds the lock.
func (s *Simulator) tellStatus(f *filing) {
	params := url.Values{}
	params.Set("AccountSID", s.config.AccountSID)
	params.Set("BundleSID", f.SID)
	params.Set("Status", f.Status)
	params.Set("FailureReason", f.FailureReason)
	sid, to := f.SID, hook{http.MethodPost, *f.StatusCallback}
	bring := func() {
		told := s.ask(s.closing, sid, to, params)
		for _, wrong := range told.faults {
			s.record(sid, told.url, wrong)
		}
	}
	if s.closing.Err() != nil {
		return
	}
	switch struck := s.strike("review-callback", "", ""); struck.Kind {
	case "lose":
		return
	case "repeat":
		s.tidings.Go(func() { bring(); bring() })
	case "late":
		s.tidings.Go(func() {
			if s.pause(time.Now().Add(struck.delay())) {
				bring()
			}
		})
	default:
		s.tidings.Go(bring)
	}
}

// postReviews is POST /control/reviews.
func (s *Simulator) postReviews(r *http.Request) (any, error) {
	var req struct {
		DelayMS *int64 `json:"delayMs"`
		Now     bool   `json:"now"`
	}
	if err := decode(r, &req); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.DelayMS != nil {
		delay := time.Duration(*req.DelayMS) * time.Millisecond
		if delay < 0 || delay > time.Hour {
			return nil, refuse(400, "delayMs %d: want 0 to %d", *req.DelayMS, time.Hour.Milliseconds())
		}
		s.reviewDelay = delay
	}
	if req.Now {
		for _, f := range inUse(s.state.Papers.Bundles) {
			if !f.Due.IsZero() {
				s.review(f)
			}
		}
		for _, b := range s.state.Papers.Brands {
			s.judgeBrand(b)
		}
		for _, c := range inUse(s.state.Papers.Campaigns) {
			s.judgeCampaign(c)
		}
		s.touched(event{Changed: "paper"})
	}
	return map[string]int64{"delayMs": s.reviewDelay.Milliseconds()}, nil
}

// decisions are the statuses that the control interface can give.
var decisions = []string{statusApproved, statusRejected, statusProvisional, statusInReview}

// postDecision is POST /control/bundles/{BU}/decision.
func (s *Simulator) postDecision(r *http.Request) (any, error) {
	var req struct {
		Status     string    `json:"status"`
		Reason     string    `json:"reason"`
		Object     string    `json:"object"`
		ValidUntil time.Time `json:"validUntil"`
	}
	if err := decode(r, &req); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, found := find(s.state.Papers.Bundles, r.PathValue("sid"))
	switch {
	case !found:
		return nil, refuse(404, "no bundle, profile or product %s: take one of GET /control/bundles", r.PathValue("sid"))
	case !slices.Contains(decisions, req.Status):
		return nil, refuse(400, "status %q: want one of %s", req.Status, strings.Join(decisions, ", "))
	case req.Status != statusRejected && (req.Reason != "" || req.Object != ""):
		return nil, refuse(400, "reason and object are of %s only", statusRejected)
	case req.Status != statusApproved && !req.ValidUntil.IsZero():
		return nil, refuse(400, "validUntil is of %s only", statusApproved)
	case req.Object != "" && !s.contains(f, req.Object):
		return nil, refuse(404, "object %s does not belong to %s: take an objectSid of its assignments, or an address of its documents", req.Object, f.SID)
	}
	v := verdict{status: req.Status, object: req.Object, validUntil: req.ValidUntil}
	if req.Status == statusRejected {
		v.finding = finding{18050, req.Reason}
		if req.Reason == "" {
			v.finding.Message = titles[18050]
		}
	}
	s.decide(f, v)
	return snapshot(f)
}
