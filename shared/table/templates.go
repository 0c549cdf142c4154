package table

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/clienteling/country"
)

// A retailer's TEMPLATES item says which templates there are and in which order; each
// text is an item of its own, so that no item comes near DynamoDB's 400 KB. Every
// change is one transaction under the version of TEMPLATES, so of two at once one is
// made to what the other left. A retailer without the item, enabled before there were
// templates, has those it would begin with now; its first change writes them.

// MayChange says whether somebody may change templates of a version: nil, or why not.
// A change that meets another one asks again, with the version that the other made.
type MayChange func(version int) error

const (
	// maxLanguages bounds how many opt-in messages a retailer adds: more than there are
	// languages in the countries we serve, and few enough for one item to list.
	maxLanguages = 50
	// templatesTries is how often a change that met another one is made.
	templatesTries = 12
	// readBatch is how many items one BatchGetItem takes.
	// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
	readBatch = 100
)

// Wording is the opt-in message that a store asks with: that of its language (BCP 47),
// else of the language without its region; where the retailer never had one in the
// language, the one we come with, so that a store in Brussels that writes French asks in
// French; else the retailer's default. A retailer that has no templates yet has what we
// come with, in English where we have none in the language.
func (t *Table) Wording(ctx context.Context, retailer, language string) (clienteling.Wording, error) {
	i, err := t.get(ctx, templatesKey(retailer), true)
	if errors.Is(err, clienteling.ErrNotFound) {
		return builtIn(language), nil
	}
	if err != nil {
		return clienteling.Wording{}, err
	}
	now := readTemplates(i)
	primary, _, _ := strings.Cut(language, "-")
	for _, of := range []string{language, primary} {
		if hash, ok := now.optIn[of]; ok {
			return t.wording(ctx, retailer, hash)
		}
	}
	if ours := builtIn(primary); ours.Language == primary && !slices.Contains(now.offered, primary) {
		return ours, nil
	}
	if hash, ok := now.optIn[now.standard]; ok {
		return t.wording(ctx, retailer, hash)
	}
	return clienteling.Wording{}, fmt.Errorf("retailer %s has no opt-in message in its default language %q", retailer, now.standard)
}

// WordingByHash is an opt-in message that the retailer has or had, or one that we come
// with: what a customer was once asked. clienteling.ErrNotFound: there is none of the hash.
func (t *Table) WordingByHash(ctx context.Context, retailer, hash string) (clienteling.Wording, error) {
	if len(hash) != hashLength {
		return clienteling.Wording{}, clienteling.ErrNotFound
	}
	w, err := t.wording(ctx, retailer, hash)
	if !errors.Is(err, clienteling.ErrNotFound) {
		return w, err
	}
	for _, language := range consent.Languages() {
		if w := builtIn(language); w.Hash == hash {
			return w, nil
		}
	}
	return clienteling.Wording{}, clienteling.ErrNotFound
}

// hashLength is that of a Wording's hash.
const hashLength = 64

func (t *Table) wording(ctx context.Context, retailer, hash string) (clienteling.Wording, error) {
	i, err := t.get(ctx, wordingKey(retailer, hash), true)
	if err != nil {
		return clienteling.Wording{}, err
	}
	return readWording(i), nil
}

// builtIn is the opt-in message we come with in a language, or else in English. Its
// language is one of consent.Languages, so that WordingByHash finds it again.
func builtIn(language string) clienteling.Wording {
	message, ok := consent.DefaultRequest(language)
	primary, _, _ := strings.Cut(language, "-")
	if !ok {
		primary = "en"
		message, _ = consent.DefaultRequest(primary)
	}
	known := consent.Languages()
	if !slices.Contains(known, primary) { // a language with two names, like nb and no
		at := slices.IndexFunc(known, func(l string) bool { m, _ := consent.DefaultRequest(l); return m == message })
		primary = known[at]
	}
	return clienteling.Wording{Hash: clienteling.HashWording(primary, message), Language: primary, Text: message}
}

// QuickReply is a quick reply of a retailer; clienteling.ErrNotFound: there is none of
// that id, or no longer.
func (t *Table) QuickReply(ctx context.Context, retailer, id string) (clienteling.QuickReply, error) {
	if !isQuickReply(id) {
		return clienteling.QuickReply{}, clienteling.ErrNotFound
	}
	i, err := t.get(ctx, quickReplyKey(retailer, id), true)
	if err != nil {
		return clienteling.QuickReply{}, err
	}
	return readQuickReply(i), nil
}

// isQuickReply reports whether id is as long as a quick reply's: DynamoDB refuses a key
// that is empty or far too long, and nothing else is ours to check.
func isQuickReply(id string) bool { return len(id) == len("01900000-0000-7000-8000-000000000000") }

// Templates are all that a retailer keeps ready. clienteling.ErrNotEnabled: the retailer
// is not enabled.
func (t *Table) Templates(ctx context.Context, retailer string) (clienteling.Templates, error) {
	for range templatesTries {
		now, _, err := t.templates(ctx, retailer, nil)
		if err != nil {
			return clienteling.Templates{}, err
		}
		all := clienteling.Templates{Version: now.version, Default: now.standard}
		var keys []key
		for _, language := range slices.Sorted(maps.Keys(now.optIn)) {
			keys = append(keys, wordingKey(retailer, now.optIn[language]))
		}
		if !now.stored {
			all.OptIn, keys = now.first, nil
		}
		messages := len(keys)
		for _, id := range now.order {
			keys = append(keys, quickReplyKey(retailer, id))
		}
		items := make([]item, 0, len(keys))
		for batch := range slices.Chunk(keys, readBatch) {
			found, err := t.getAll(ctx, batch)
			if err != nil {
				return clienteling.Templates{}, err
			}
			items = append(items, found...)
		}
		if slices.ContainsFunc(items, func(i item) bool { return i == nil }) {
			continue // deleted since the list of them was read
		}
		for n, i := range items {
			if n < messages {
				all.OptIn = append(all.OptIn, readWording(i))
			} else {
				all.Replies = append(all.Replies, readQuickReply(i))
			}
		}
		return all, nil
	}
	return clienteling.Templates{}, errTemplatesBusy
}

// errTemplatesBusy says that others were quicker every time.
var errTemplatesBusy = clienteling.E(clienteling.Conflict, "templates_changed", "Others are changing the templates just now. Read them again, and send what you still want to change.")

// BeginTemplates writes the opt-in messages that a retailer begins with, in the
// languages of the countries it asks for; the default is that of the first one. For a
// retailer that has templates it adds the languages of countries that have come since,
// and changes nothing that is there: a message that was deleted stays deleted.
// clienteling.ErrNotEnabled: the retailer is not recorded yet.
func (t *Table) BeginTemplates(ctx context.Context, r clienteling.Retailer) error {
	first := beginnings(r.Countries)
	keys := make([]key, len(first))
	for n, w := range first {
		keys[n] = wordingKey(r.ID, w.Hash)
	}
	_, err := t.changeTemplates(ctx, r.ID, nil, keys, func(now *templates, found []item) ([]types.TransactWriteItem, error) {
		if !now.stored {
			return nil, nil // any change writes what the retailer begins with
		}
		var writes []types.TransactWriteItem
		same := true
		for n, w := range first {
			if slices.Contains(now.offered, w.Language) {
				continue
			}
			same = false
			now.offered = append(now.offered, w.Language)
			if _, ok := now.optIn[w.Language]; ok {
				continue
			}
			now.optIn[w.Language] = w.Hash
			if found[n] == nil {
				writes = append(writes, t.create(t.writeWording(r.ID, w), "", nil))
			}
		}
		if same {
			return nil, errSame
		}
		return writes, nil
	})
	return err
}

// SetOptIn makes w (its Language, Text and By) the opt-in message of its language, and
// reports whether the language had none before. A new text is a new wording, and all
// former ones stay; the text that is in use already changes nothing.
//
// too_many_languages: the retailer has messages in so many languages that there must
// be a mistake.
func (t *Table) SetOptIn(ctx context.Context, retailer string, may MayChange, w clienteling.Wording) (set clienteling.Wording, added bool, version int, err error) {
	w.Hash, w.At = clienteling.HashWording(w.Language, w.Text), t.now()
	version, err = t.changeTemplates(ctx, retailer, may, []key{wordingKey(retailer, w.Hash)}, func(now *templates, found []item) ([]types.TransactWriteItem, error) {
		hash, known := now.optIn[w.Language]
		if added = !known; added && len(now.optIn) >= maxLanguages {
			return nil, clienteling.E(clienteling.Conflict, "too_many_languages", "You have opt-in messages in %d languages. Delete those that no store needs first.", maxLanguages)
		}
		if hash == w.Hash {
			if set = w; found[0] != nil {
				set = readWording(found[0])
			} else { // what we come with
				set.At, set.By = time.Time{}, clienteling.Associate{}
			}
			return nil, errSame
		}
		now.optIn[w.Language] = w.Hash
		if found[0] != nil {
			set = readWording(found[0])
			return nil, nil // a wording is written once
		}
		set = w
		return []types.TransactWriteItem{t.create(t.writeWording(retailer, w), "", nil)}, nil
	})
	return set, added, version, err
}

// DeleteOptIn takes the opt-in message of a language out of use; its wordings stay.
// default_is_permanent: it is that of the default language. clienteling.ErrNotFound:
// there is none in the language.
func (t *Table) DeleteOptIn(ctx context.Context, retailer string, may MayChange, language string) (version int, err error) {
	return t.changeTemplates(ctx, retailer, may, nil, func(now *templates, _ []item) ([]types.TransactWriteItem, error) {
		if _, ok := now.optIn[language]; !ok {
			return nil, clienteling.ErrNotFound
		}
		if language == now.standard {
			return nil, clienteling.E(clienteling.Conflict, "default_is_permanent",
				"Stores whose language has no message of its own ask with this one, so it cannot be deleted. Change its text instead.")
		}
		delete(now.optIn, language)
		if !slices.Contains(now.offered, language) {
			now.offered = append(now.offered, language)
		}
		return nil, nil
	})
}

// AddQuickReply appends r (its Title, Message and By) to the quick replies, and
// remembers once with it. too_many_quick_replies: there are as many as there may be.
// repeated: once has made one meanwhile; see Repeat.
func (t *Table) AddQuickReply(ctx context.Context, retailer string, may MayChange, r clienteling.QuickReply, once Idempotency) (clienteling.QuickReply, int, error) {
	r.UpdatedAt = t.now()
	r.ID = t.newID(r.UpdatedAt)
	var asked []key
	if once.Key != "" {
		asked = []key{idempotencyKey(retailer, once.Key)}
	}
	version, err := t.changeTemplates(ctx, retailer, may, asked, func(now *templates, found []item) ([]types.TransactWriteItem, error) {
		if once.Key != "" && found[0] != nil {
			return nil, errRepeated
		}
		if len(now.order) >= clienteling.MaxQuickReplies {
			return nil, clienteling.E(clienteling.Conflict, "too_many_quick_replies", "There are %d quick replies, which is all there may be. Delete one first.", len(now.order))
		}
		now.order = append(now.order, r.ID)
		writes := []types.TransactWriteItem{t.create(writeQuickReply(retailer, r), "", nil)}
		if once.Key != "" {
			writes = append(writes, t.remember(retailer, once, "quickReply", r.ID, r.UpdatedAt))
		}
		return writes, nil
	})
	if err != nil {
		return clienteling.QuickReply{}, 0, err
	}
	return r, version, nil
}

// RepeatedQuickReply returns what an Idempotency-Key of AddQuickReply made before; nil
// for a new one, and without a key.
func (t *Table) RepeatedQuickReply(ctx context.Context, retailer string, once Idempotency) (*Repeat, error) {
	return t.Repeat(ctx, retailer, once, "quickReply")
}

// EditQuickReply gives the quick reply r.ID the Title and Message of r; By is who does.
// The same ones change nothing. clienteling.ErrNotFound: there is none of that id.
func (t *Table) EditQuickReply(ctx context.Context, retailer string, may MayChange, r clienteling.QuickReply) (clienteling.QuickReply, int, error) {
	if !isQuickReply(r.ID) {
		return clienteling.QuickReply{}, 0, clienteling.ErrNotFound
	}
	r.UpdatedAt = t.now()
	version, err := t.changeTemplates(ctx, retailer, may, []key{quickReplyKey(retailer, r.ID)}, func(now *templates, found []item) ([]types.TransactWriteItem, error) {
		if found[0] == nil {
			return nil, clienteling.ErrNotFound
		}
		if was := readQuickReply(found[0]); was.Title == r.Title && was.Message == r.Message {
			r = was
			return nil, errSame
		}
		return []types.TransactWriteItem{t.create(writeQuickReply(retailer, r), isThere, nil)}, nil
	})
	if err != nil {
		return clienteling.QuickReply{}, 0, err
	}
	return r, version, nil
}

// DeleteQuickReply deletes a quick reply for good. clienteling.ErrNotFound: there is
// none of that id.
func (t *Table) DeleteQuickReply(ctx context.Context, retailer string, may MayChange, id string) (version int, err error) {
	return t.changeTemplates(ctx, retailer, may, nil, func(now *templates, _ []item) ([]types.TransactWriteItem, error) {
		at := slices.Index(now.order, id)
		if at < 0 {
			return nil, clienteling.ErrNotFound
		}
		now.order = slices.Delete(now.order, at, at+1)
		return []types.TransactWriteItem{t.erase(quickReplyKey(retailer, id), isThere, nil)}, nil
	})
}

// OrderQuickReplies puts the quick replies into an order, which names each of them
// exactly once; the order they are in changes nothing. order_invalid: it names one that
// is not there, or one twice. order_incomplete: it does not name all.
func (t *Table) OrderQuickReplies(ctx context.Context, retailer string, may MayChange, order []string) (version int, err error) {
	return t.changeTemplates(ctx, retailer, may, nil, func(now *templates, _ []item) ([]types.TransactWriteItem, error) {
		if err := mayFollow(order, now.order); err != nil {
			return nil, err
		}
		if slices.Equal(order, now.order) {
			return nil, errSame
		}
		now.order = order
		return nil, nil
	})
}

// mayFollow checks that an order names exactly what is there.
func mayFollow(order, there []string) error {
	wrong := clienteling.E(clienteling.Unprocessable, "order_invalid", "Name each quick reply exactly once, by its id. GET /v1/templates lists them.")
	if len(order) > clienteling.MaxQuickReplies {
		return wrong.With("/order", fmt.Sprintf("More than the %d quick replies that there may be.", clienteling.MaxQuickReplies))
	}
	left := map[string]bool{}
	for _, id := range there {
		left[id] = true
	}
	for n, id := range order {
		switch first, known := left[id]; {
		case !known:
			wrong = wrong.With(fmt.Sprintf("/order/%d", n), "Not a quick reply of yours, or no longer.")
		case !first:
			wrong = wrong.With(fmt.Sprintf("/order/%d", n), "Named twice.")
		default:
			left[id] = false
		}
	}
	if len(wrong.Fields) > 0 {
		return wrong
	}
	if missing := len(there) - len(order); missing > 0 {
		return clienteling.E(clienteling.Conflict, "order_incomplete",
			"There are %d quick replies, and this order names %d; somebody may have added one. Read them again, and order all of them.", len(there), len(order)).
			With("/order", fmt.Sprintf("%d missing.", missing))
	}
	return nil
}

// templates is what the TEMPLATES item says.
type templates struct {
	// stored is whether there is such an item.
	stored  bool
	version int
	// standard is the default language.
	standard string
	// optIn is the hash of each language's wording.
	optIn map[string]string
	// offered are the languages in which the retailer was given our messages once, or had
	// one and deleted it: there it does not ask with ours.
	offered []string
	// order is that of the quick replies' ids.
	order []string
	// first are the opt-in messages that the retailer would begin with now.
	first []clienteling.Wording
}

// templates reads which templates a retailer has, and other items with it.
func (t *Table) templates(ctx context.Context, retailer string, others []key) (templates, []item, error) {
	found, err := t.getAll(ctx, append([]key{templatesKey(retailer), retailerKey(retailer)}, others...))
	if err != nil {
		return templates{}, nil, err
	}
	if found[1] == nil {
		return templates{}, nil, clienteling.ErrNotEnabled
	}
	first := beginnings(readRetailer(retailer, found[1]).Countries)
	now := templates{optIn: map[string]string{}, first: first}
	if found[0] != nil {
		now = readTemplates(found[0])
		now.first = first
		return now, found[2:], nil
	}
	now.standard = first[0].Language
	for _, w := range first {
		now.optIn[w.Language] = w.Hash
		now.offered = append(now.offered, w.Language)
	}
	slices.SortFunc(now.first, func(a, b clienteling.Wording) int { return strings.Compare(a.Language, b.Language) })
	return now, found[2:], nil
}

// beginnings are the opt-in messages for countries, one in a language; at least one,
// the first country's first.
func beginnings(countries []string) []clienteling.Wording {
	var all []clienteling.Wording
	for _, code := range countries {
		of, _ := country.Of(code)
		w := builtIn(of.Language)
		if !slices.ContainsFunc(all, func(there clienteling.Wording) bool { return there.Language == w.Language }) {
			all = append(all, w)
		}
	}
	if len(all) == 0 {
		all = append(all, builtIn(""))
	}
	return all
}

// errSame says that a change comes to nothing.
var errSame = errors.New("table: templates stay as they are")

// changeTemplates makes a change to the templates of a retailer and returns the version
// that there is then. change alters what the TEMPLATES item says, and returns what else
// to write; found are the items of keys. When somebody else was quicker, both are done
// again.
func (t *Table) changeTemplates(ctx context.Context, retailer string, may MayChange, keys []key, change func(now *templates, found []item) ([]types.TransactWriteItem, error)) (int, error) {
	for try := range templatesTries {
		if try > 0 {
			if err := pause(ctx, rand.N(time.Duration(try)*20*time.Millisecond)); err != nil {
				return 0, err
			}
		}
		now, found, err := t.templates(ctx, retailer, keys)
		if err != nil {
			return 0, err
		}
		if may != nil {
			if err := may(now.version); err != nil {
				return 0, err
			}
		}
		known := now.version
		writes, err := change(&now, found)
		if err == errSame {
			return known, nil
		}
		if err != nil {
			return 0, err
		}
		now.version++
		if now.stored {
			writes = append(writes, t.create(writeTemplates(retailer, now), "#version = :known", item{":known": num(known)}))
		} else {
			writes = append(writes, t.create(writeTemplates(retailer, now), "", nil))
			for _, w := range now.first {
				writes = append(writes, t.create(t.writeWording(retailer, w), "", nil))
			}
		}
		if reasons, err := t.transact(ctx, writes); err != nil || reasons == nil {
			return now.version, err
		}
	}
	return 0, errTemplatesBusy
}

// pause waits, unless there is no time left.
func pause(ctx context.Context, d time.Duration) error {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// isThere is the condition of a write to an item that must not have gone.
const isThere = "attribute_exists(pk)"

func writeTemplates(retailer string, now templates) item {
	i := templatesKey(retailer).item()
	i["version"] = num(now.version)
	i["defaultLanguage"] = str(now.standard)
	optIn := item{}
	for language, hash := range now.optIn {
		optIn[language] = str(hash)
	}
	i["optIn"] = &types.AttributeValueMemberM{Value: optIn}
	i["offered"] = texts(now.offered)
	i["order"] = texts(now.order)
	return i
}

func readTemplates(i item) templates {
	now := templates{
		stored: true, version: integer(i, "version"), standard: text(i, "defaultLanguage"),
		optIn: map[string]string{}, offered: textsOf(i, "offered"), order: textsOf(i, "order"),
	}
	if m, ok := i["optIn"].(*types.AttributeValueMemberM); ok {
		for language := range m.Value {
			now.optIn[language] = text(m.Value, language)
		}
	}
	return now
}

// writeWording renders a wording. One we come with is written by nobody, now.
func (t *Table) writeWording(retailer string, w clienteling.Wording) item {
	if w.At.IsZero() {
		w.At = t.now()
	}
	i := wordingKey(retailer, w.Hash).item()
	i["language"] = str(w.Language)
	i["text"] = str(w.Text)
	i["at"] = str(stamp(w.At))
	putText(i, "by", w.By.ID)
	putText(i, "byName", w.By.Name)
	return i
}

func readWording(i item) clienteling.Wording {
	return clienteling.Wording{
		Hash:     strings.TrimPrefix(text(i, "sk"), "OPTIN#"),
		Language: text(i, "language"),
		Text:     text(i, "text"),
		By:       clienteling.Associate{ID: text(i, "by"), Name: text(i, "byName")},
		At:       moment(i, "at"),
	}
}

func writeQuickReply(retailer string, r clienteling.QuickReply) item {
	i := quickReplyKey(retailer, r.ID).item()
	i["title"] = str(r.Title)
	i["message"] = str(r.Message)
	i["updatedAt"] = str(stamp(r.UpdatedAt))
	putText(i, "by", r.By.ID)
	putText(i, "byName", r.By.Name)
	return i
}

func readQuickReply(i item) clienteling.QuickReply {
	return clienteling.QuickReply{
		ID:        strings.TrimPrefix(text(i, "sk"), "QUICKREPLY#"),
		Title:     text(i, "title"),
		Message:   text(i, "message"),
		By:        clienteling.Associate{ID: text(i, "by"), Name: text(i, "byName")},
		UpdatedAt: moment(i, "updatedAt"),
	}
}

// texts renders a list of strings, which may be empty.
func texts(all []string) types.AttributeValue {
	l := &types.AttributeValueMemberL{Value: make([]types.AttributeValue, len(all))}
	for n, s := range all {
		l.Value[n] = str(s)
	}
	return l
}

func textsOf(i item, name string) []string {
	l, _ := i[name].(*types.AttributeValueMemberL)
	if l == nil {
		return nil
	}
	var all []string
	for _, v := range l.Value {
		if s, ok := v.(*types.AttributeValueMemberS); ok {
			all = append(all, s.Value)
		}
	}
	return all
}
