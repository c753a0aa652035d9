"""A GRU that learns a text letter by letter, and writes one of its own."""

import torch
import torch.nn as nn

torch.manual_seed(3)
TEXT = (
    "the sun rose over the hills and the river ran down to the sea. the fisher took the boat out on the water, "
    "and the birds went with him. in the evening he came home, and the nets were full. he sat by the fire and told "
    "the children of the wind, of the waves and of the stars that show the way. "
) * 12
letters = sorted(set(TEXT))
to_index = {letter: i for i, letter in enumerate(letters)}
data = torch.tensor([to_index[letter] for letter in TEXT], dtype=torch.long)


class CharRNN(nn.Module):
    def __init__(self, vocabulary, hidden_size, n_layers=1):
        super().__init__()
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.encoder = nn.Embedding(vocabulary, 32)
        self.gru = nn.GRU(32, hidden_size, n_layers, batch_first=True)
        self.decoder = nn.Linear(hidden_size, vocabulary)

    def forward(self, input, hidden):
        output, hidden = self.gru(self.encoder(input), hidden)
        return self.decoder(output), hidden

    def init_hidden(self, batch):
        return torch.zeros(self.n_layers, batch, self.hidden_size)


def random_batch(batch=32, length=50):
    starts = torch.randint(0, len(data) - length - 1, (batch,))
    chunks = torch.stack([data[s : s + length + 1] for s in starts.tolist()])
    return chunks[:, :-1], chunks[:, 1:]


def generate(model, prime="the ", length=120, temperature=0.7):
    model.eval()
    with torch.no_grad():
        hidden = model.init_hidden(1)
        output, hidden = model(torch.tensor([[to_index[c] for c in prime]]), hidden)
        written = prime
        for _ in range(length):
            weights = output[0, -1].div(temperature).exp()
            index = torch.multinomial(weights, 1)[0]
            written += letters[index.item()]
            output, hidden = model(index.view(1, 1), hidden)
    model.train()
    return written


model = CharRNN(len(letters), 96)
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
criterion = nn.CrossEntropyLoss()
for step in range(1, 201):
    inputs, targets = random_batch()
    output, _ = model(inputs, model.init_hidden(len(inputs)))
    loss = criterion(output.reshape(-1, len(letters)), targets.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step}  loss {loss.item():.3f}")
        print(repr(generate(model)))
