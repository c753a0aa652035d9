"""Skip-gram with negative samples: words that stand beside one another get vectors that point one way."""

import random
from collections import Counter

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(8)
random.seed(8)
GROUPS = {
    "fruit": "apple pear plum cherry grape peach".split(),
    "animal": "dog cat horse cow sheep goat".split(),
    "colour": "red green blue yellow white black".split(),
    "number": "one two three four five six".split(),
}
sentences = []
for _ in range(1500):
    words = GROUPS[random.choice(list(GROUPS))]
    sentences.append([random.choice(words) for _ in range(6)] + ["the"])
counts = Counter(word for sentence in sentences for word in sentence)
vocab = sorted(counts)
word_to_ix = {word: i for i, word in enumerate(vocab)}
pairs = []
for sentence in sentences:
    for i, center in enumerate(sentence):
        for j in range(max(0, i - 2), min(len(sentence), i + 3)):
            if j != i:
                pairs.append((word_to_ix[center], word_to_ix[sentence[j]]))
pairs = torch.tensor(pairs)
weights = torch.tensor([counts[word] for word in vocab]).float() ** 0.75


class SkipGram(nn.Module):
    def __init__(self, vocab_size, dim=24):
        super().__init__()
        self.inside = nn.Embedding(vocab_size, dim)
        self.outside = nn.Embedding(vocab_size, dim)
        nn.init.uniform_(self.inside.weight, -0.5 / dim, 0.5 / dim)
        nn.init.zeros_(self.outside.weight)

    def forward(self, center, context, negative):
        v = self.inside(center)
        positive = (v * self.outside(context)).sum(dim=1)
        others = torch.bmm(self.outside(negative), v.unsqueeze(2)).squeeze(2)
        return -(F.logsigmoid(positive) + F.logsigmoid(-others).sum(dim=1)).mean()


model = SkipGram(len(vocab))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(3):
    order = torch.randperm(len(pairs))
    total, batches = 0.0, 0
    for batch in order.split(128):
        center, context = pairs[batch].t()
        negative = torch.multinomial(weights, len(batch) * 5, replacement=True).view(-1, 5)
        loss = model(center, context, negative)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        batches += 1
    print(f"epoch {epoch}  loss {total / batches:.4f}")
vectors = F.normalize(model.inside.weight.detach(), dim=1)
for word in ("apple", "dog", "red", "two"):
    similarity = vectors @ vectors[word_to_ix[word]]
    best = similarity.topk(4).indices[1:]
    print(word, "->", ", ".join(vocab[i] for i in best))
