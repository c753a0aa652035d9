"""Sequence to sequence with attention: a decoder that goes step by step learns to turn a sequence round."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

torch.manual_seed(5)
random.seed(5)
SOS, EOS, WORDS, MAX_LENGTH = 0, 1, 12, 9


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size, dropout_p=0.1):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, input):
        return self.gru(self.dropout(self.embedding(input)))


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1)

    def forward(self, query, keys):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys)))
        weights = F.softmax(scores.squeeze(2).unsqueeze(1), dim=-1)
        return torch.bmm(weights, keys), weights


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)

    def forward(self, encoder_outputs, encoder_hidden, target=None):
        batch = encoder_outputs.size(0)
        word = torch.empty(batch, 1, dtype=torch.long).fill_(SOS)
        hidden, outputs, attentions = encoder_hidden, [], []
        for i in range(MAX_LENGTH + 1):
            query = hidden.permute(1, 0, 2)
            context, weights = self.attention(query, encoder_outputs)
            output, hidden = self.gru(torch.cat((self.embedding(word), context), dim=2), hidden)
            output = self.out(output)
            outputs.append(output)
            attentions.append(weights)
            if target is not None:
                word = target[:, i].unsqueeze(1)
            else:
                word = output.topk(1)[1].squeeze(-1).detach()
        return F.log_softmax(torch.cat(outputs, dim=1), dim=-1), torch.cat(attentions, dim=1)


def batch_of(count=64):
    sequences = torch.randint(2, WORDS, (count, MAX_LENGTH))
    turned = torch.cat([sequences.flip(1), torch.full((count, 1), EOS)], dim=1)
    return sequences, turned


encoder, decoder = EncoderRNN(WORDS, 64), AttnDecoderRNN(64, WORDS)
encoder_optimizer = optim.Adam(encoder.parameters(), lr=0.004)
decoder_optimizer = optim.Adam(decoder.parameters(), lr=0.004)
criterion = nn.NLLLoss()
total = 0.0
for step in range(1, 201):
    source, target = batch_of()
    encoder_optimizer.zero_grad()
    decoder_optimizer.zero_grad()
    outputs, hidden = encoder(source)
    teacher = target if random.random() < 0.8 else None
    predicted, _ = decoder(outputs, hidden, teacher)
    loss = criterion(predicted.view(-1, WORDS), target.view(-1))
    loss.backward()
    encoder_optimizer.step()
    decoder_optimizer.step()
    total += loss.item()
    if step % 50 == 0:
        print(f"{step:4d} ({step / 2:.0f} %) {total / 50:.4f}")
        total = 0.0
with torch.no_grad():
    encoder.eval()
    source, target = batch_of(200)
    predicted, attention = decoder(*encoder(source))
    print("words right:", (predicted.argmax(-1) == target).float().mean().item())
