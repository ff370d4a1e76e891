package main

// nearest gives the known setting that takes the fewest edits (Levenshtein) to reach from `name`.
func nearest(name string) string {
	best, least := "", len(name)+100
	for _, known := range sortedKeys(knobs) {
		if d := edits(name, known); d < least {
			best, least = known, d
		}
	}
	return best
}

func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			if d := row[j] + 1; d < cost {
				cost = d
			}
			if d := row[j-1] + 1; d < cost {
				cost = d
			}
			row[j] = cost
		}
	}
	return row[len(b)]
}
