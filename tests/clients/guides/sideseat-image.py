# SPDX-License-Identifier: GPL-3.0-or-later
# SideSeat's Anthropic guide, image input, word for word.
import base64
import anthropic

with open("image.jpg", "rb") as f:
    image_data = base64.b64encode(f.read()).decode()

message = anthropic.Anthropic().messages.create(
    model="claude-sonnet-4-5-20250929",
    max_tokens=1024,
    messages=[{
        "role": "user",
        "content": [
            {"type": "text", "text": "What's in this image?"},
            {"type": "image", "source": {
                "type": "base64",
                "media_type": "image/jpeg",
                "data": image_data,
            }},
        ],
    }],
)
