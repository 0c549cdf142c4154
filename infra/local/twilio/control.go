package twilio

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxControlBody holds the media of one text in base64.
const maxControlBody = 8 << 20

// routes are the doors of the package comment.
func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", serveHandset)
	const messages = "/2010-04-01/Accounts/{account}/Messages"
	to := func(r *http.Request) string { return r.FormValue("To") }
	mux.HandleFunc("POST "+messages+".json", s.rest("messages.create", to, s.createMessage))
	mux.HandleFunc("GET "+messages+".json", s.rest("messages.list", to, s.listMessages))
	mux.HandleFunc("GET "+messages+"/{message}", s.rest("messages.fetch", s.recipient, s.fetchMessage))
	mux.HandleFunc("DELETE "+messages+"/{message}", s.rest("messages.delete", s.recipient, s.deleteMessage))
	mux.HandleFunc("GET "+messages+"/{message}/Media.json", s.rest("media.list", s.recipient, s.listMedia))
	mux.HandleFunc("GET "+messages+"/{message}/Media/{medium}", s.rest("media.fetch", s.recipient, s.showMedium))
	mux.HandleFunc("DELETE "+messages+"/{message}/Media/{medium}", s.rest("media.delete", s.recipient, s.deleteMedium))
	mux.HandleFunc("GET "+mediaPath+"{medium}", s.serveSigned)
	mux.HandleFunc("GET /control/media/{medium}", s.serveToPhone)
	const calls = "/2010-04-01/Accounts/{account}/Calls"
	mux.HandleFunc("GET "+calls+".json", s.rest("calls.list", to, s.listCalls))
	mux.HandleFunc("GET "+calls+"/{call}", s.rest("calls.fetch", s.caller, s.fetchCall))
	mux.HandleFunc("DELETE "+calls+"/{call}", s.rest("calls.delete", s.caller, s.deleteCall))
	const available = "/2010-04-01/Accounts/{account}/AvailablePhoneNumbers"
	nobody := func(*http.Request) string { return "" }
	mux.HandleFunc("GET "+available+".json", s.rest("numbers.search", nobody, s.listCountries))
	mux.HandleFunc("GET "+available+"/{country}", s.rest("numbers.search", nobody, s.fetchCountry))
	mux.HandleFunc("GET "+available+"/{country}/{type}", s.rest("numbers.search", nobody, s.searchNumbers))
	const incoming = "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers"
	phone := func(r *http.Request) string { return r.FormValue("PhoneNumber") }
	mux.HandleFunc("POST "+incoming+".json", s.rest("numbers.buy", phone, s.buyNumber))
	mux.HandleFunc("GET "+incoming+".json", s.rest("numbers.list", phone, s.listNumbers))
	mux.HandleFunc("GET "+incoming+"/{number}", s.rest("numbers.fetch", s.phoneNamed, s.fetchNumber))
	mux.HandleFunc("POST "+incoming+"/{number}", s.rest("numbers.update", s.phoneNamed, s.updateNumber))
	mux.HandleFunc("DELETE "+incoming+"/{number}", s.rest("numbers.release", s.phoneNamed, s.releaseNumber))
	s.paperRoutes(mux)
	for _, rest := range []string{"/2010-04-01/", "/v1/", "/v2/"} {
		mux.HandleFunc(rest, serveUnknown)
	}
	mux.HandleFunc("GET /control/events", s.serveEvents)
	for pattern, answer := range map[string]func(*http.Request) (any, error){
		"GET /healthz":                         func(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil },
		"GET /control/numbers":                 s.getNumbers,
		"PUT /control/numbers/{e164}":          s.putNumber,
		"GET /control/stock":                   s.getStock,
		"PUT /control/stock/{e164}":            s.putStock,
		"GET /control/purchases":               s.getPurchases,
		"POST /control/texts":                  s.postText,
		"POST /control/calls":                  s.postCall,
		"POST /control/requests":               s.postRequest,
		"GET /control/requests":                s.getRequests,
		"GET /control/messages":                s.getMessages,
		"GET /control/records":                 s.getRecords,
		"POST /control/faults":                 s.postTrouble,
		"GET /control/faults":                  s.getTroubles,
		"DELETE /control/faults":               s.deleteTroubles,
		"GET /control/phones/{e164}":           s.getPhone,
		"PUT /control/phones/{e164}":           s.putPhone,
		"GET /control/errors":                  s.getErrors,
		"GET /control/bundles":                 s.getBundles,
		"GET /control/compliance":              s.getCompliance,
		"POST /control/reviews":                s.postReviews,
		"POST /control/bundles/{sid}/decision": s.postDecision,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			result, err := answer(r)
			var refused refusal
			switch {
			case errors.As(err, &refused):
				writeJSON(w, refused.status, map[string]string{"error": refused.reason})
			case err != nil:
				writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
			default:
				writeJSON(w, http.StatusOK, result)
			}
		})
	}
	return mux
}

// refusal is an error of the control interface: a status and what to do about it.
type refusal struct {
	status int
	reason string
}

func (r refusal) Error() string { return r.reason }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // TwiML in an answer stays readable
	encoder.Encode(body)         // an error means that the client has left
}

// decode reads one JSON object into a struct and refuses what does not belong there.
func decode(r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxControlBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil && decoder.Decode(new(any)) != io.EOF {
		err = errors.New("something follows the object")
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuse(400, "the body has more than %d bytes", maxControlBody)
	case errors.Is(err, io.EOF):
		return refuse(400, "the body is empty: send a JSON object")
	case err != nil:
		return refuse(400, "the body is not as documented: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func (s *Simulator) getNumbers(*http.Request) (any, error) {
	return map[string][]Number{"numbers": s.Numbers()}, nil
}

func (s *Simulator) putNumber(r *http.Request) (any, error) {
	var n Number
	if err := decode(r, &n); err != nil {
		return nil, err
	}
	phone := r.PathValue("e164")
	if n.PhoneNumber != "" && n.PhoneNumber != phone {
		return nil, refuse(400, "phoneNumber %q is not the number in the path: leave it out", n.PhoneNumber)
	}
	n.PhoneNumber = phone
	if err := s.PutNumber(n); err != nil {
		return nil, refuse(400, "%v", err)
	}
	n, _ = s.number(phone)
	return n, nil
}

func (s *Simulator) postText(r *http.Request) (any, error) {
	var req textRequest
	if err := decode(r, &req); err != nil {
		return nil, err
	}
	return s.text(req)
}

func (s *Simulator) postCall(r *http.Request) (any, error) {
	var req callRequest
	if err := decode(r, &req); err != nil {
		return nil, err
	}
	return s.call(req)
}

func (s *Simulator) postRequest(r *http.Request) (any, error) {
	var req probe
	if err := decode(r, &req); err != nil {
		return nil, err
	}
	return s.probe(r.Context(), req)
}

func (s *Simulator) getRequests(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string][]exchange{"requests": newestFirst(s.exchanges)}, nil
}

func (s *Simulator) getErrors(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string][]errorRecord{"errors": newestFirst(s.errors)}, nil
}

func (s *Simulator) putPhone(r *http.Request) (any, error) {
	var phone struct{ State string }
	if err := decode(r, &phone); err != nil {
		return nil, err
	}
	if err := s.setPhone(r.PathValue("e164"), phone.State); err != nil {
		return nil, err
	}
	return s.getPhone(r)
}

func (s *Simulator) getPhone(r *http.Request) (any, error) {
	phone := r.PathValue("e164")
	shown := struct {
		Phone   string   `json:"phone"`
		State   string   `json:"state"`
		Blocked []string `json:"blocked"`
		Items   []item   `json:"items"`
	}{phone, "on", []string{}, []item{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	shown.State = cmp.Or(s.state.Phones[phone], shown.State)
	for _, i := range s.state.Items {
		if i.Phone == phone {
			shown.Items = append(shown.Items, i)
		}
	}
	shown.Blocked = append(shown.Blocked, s.blockedBy(phone)...)
	return shown, nil
}
