package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// pageBytes is about what one page of a filtered list reads at most: 30 KB are four
// read units, and with what a page's stores are judged by, it stays under six.
const pageBytes = 30 << 10

// readAtOnce is how many items of a filtered list are read in one call.
const readAtOnce = 25

// filtered reads a page of the items of a list that are to be kept. What it reads is
// bounded, so a page may be short, or even empty, and yet have a position to go on
// from. A position is a sort key of the list, of whose parts of makes the item's own
// key; false for parts that no sort key of the list has.
func (t *Table) filtered(ctx context.Context, l list, p Page, of func(parts []string) (key, bool), keep func(item) bool) ([]item, string, error) {
	start, err := l.start(p.After, of)
	if err != nil {
		return nil, "", err
	}
	var found []item
	for bytes := 0; ; {
		items, next, err := t.query(ctx, l, min(p.Limit, readAtOnce), start)
		if err != nil {
			return nil, "", err
		}
		batch := 0
		for n, i := range items {
			batch += size(i)
			if !keep(i) {
				continue
			}
			found = append(found, i)
			if len(found) == p.Limit && (n < len(items)-1 || next != "") {
				return found, text(i, l.sk), nil
			}
		}
		// The next batch will be about as large as this one.
		if bytes += batch; next == "" || bytes+batch > pageBytes {
			return found, next, nil
		}
		met := items[len(items)-1]
		start = key{text(met, "pk"), text(met, "sk")}.item()
		start[l.pk], start[l.sk] = str(l.partition), str(next)
	}
}

// maxSortKey is how many bytes a sort key has at most.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxSortKey = 1024

// by reads positions of so many parts, of which the last names the item.
func by(parts int, of func(name string) key) func([]string) (key, bool) {
	return func(position []string) (key, bool) {
		if len(position) != parts || position[parts-1] == "" {
			return key{}, false
		}
		return of(position[parts-1]), true
	}
}

// size is about what an item counts for in read units: names and values of its
// attributes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func size(i item) int {
	bytes := 0
	for name, value := range i {
		bytes += len(name)
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			bytes += len(v.Value)
		case *types.AttributeValueMemberN:
			bytes += len(v.Value)/2 + 1
		default:
			bytes++
		}
	}
	return bytes
}
